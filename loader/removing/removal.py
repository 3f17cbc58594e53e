"""What every removal has in common: one transaction of the owner, written down."""

from __future__ import annotations

import getpass
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from loader.schema import RAW_COLUMNS
from loader.targets import Target

#: For so long a schema of marts may not be refreshed before it has to be computed anew as a whole.
REMEMBERED_USERS_DAYS = 90
#: What stands in place of a source that was called after a person.
BLOTTED = "(erased)"


@dataclass(frozen=True, slots=True)
class Removal:
    """What was taken out, or would be: counts of users with events, events and rejected rows.

    ``sources`` counts names of deliveries that were blotted out, ``removal_id`` is None where
    nothing was done.
    """

    action: str
    users: int
    events: int
    rejected: int
    sources: int = 0
    removal_id: uuid.UUID | None = None
    delivery_id: uuid.UUID | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "action": self.action,
            "removal_id": str(self.removal_id) if self.removal_id else None,
            "delivery_id": str(self.delivery_id) if self.delivery_id else None,
            "users": self.users,
            "events": self.events,
            "rejected": self.rejected,
            "sources": self.sources,
        }


class Session:
    """An open transaction on the raw tables, of somebody who owns them.

    Parameters are written ``?`` for either engine.
    """

    def __init__(self, target: Target, connection: Any) -> None:
        self._target = target
        self._connection = connection
        self.place = target.place(target.raw_schema)

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement; its rows, none where it is no query."""
        if self._target.engine != "postgres":
            return list(self._connection.execute(statement, list(parameters)).fetchall())
        cursor = self._connection.execute(_marked(statement), list(parameters))
        return [] if cursor.description is None else list(cursor.fetchall())

    def count(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        """The one number that a query gives."""
        return int(self.rows(statement, parameters)[0][0])

    def analyze(self) -> None:
        """Let PostgreSQL forget values that it has kept as frequent ones of these tables."""
        if self._target.engine == "postgres":
            for table in ("events", "rejected_events", "deliveries"):
                self.rows(f"analyze {self.place}.{table}")

    @contextmanager
    def unlocked(self) -> Iterator[None]:
        """Let rows be deleted by this transaction.

        PostgreSQL lets only an owner switch a trigger off, and keeps all writers off the tables
        until the transaction ends, when the trigger is on again, or as it was: nobody else ever
        sees it off. In the order in which writers take the tables, so that nobody waits in a ring.
        """
        tables = [f"{self.place}.{table}" for table in RAW_COLUMNS]
        if self._target.engine == "postgres":
            for table in tables:
                self.rows(f"alter table {table} disable trigger append_only")
        yield
        if self._target.engine == "postgres":
            for table in tables:
                self.rows(f"alter table {table} enable trigger append_only")

    def take_out(self, removal: Removal, when: datetime) -> Removal:
        """Delete the events of ``loader_gone`` and the rows of ``loader_rejected_gone``.

        Both are temporary tables that the caller has filled; within `unlocked`.
        """
        place = self.place
        removal_id = uuid.uuid4()
        self.rows(
            f"""
            insert into {place}.removed_users (removal_id, user_hash)
            select distinct ?::uuid, md5(?::text || ' ' || user_id) from loader_gone
            """,
            [str(removal_id), str(removal_id)],
        )
        self.rows(
            f"""
            insert into {place}.removed_events (removal_id, ingested_at, events)
            select ?::uuid, ingested_at, count(*) from {place}.events
            where event_id in (select event_id from loader_gone) group by ingested_at
            """,
            [str(removal_id)],
        )
        self.delete_events()
        self.rows(
            f"delete from {place}.rejected_events "
            "where rejected_id in (select rejected_id from loader_rejected_gone)"
        )
        for table in ("removed_users", "removed_events"):
            self.rows(
                f"""
                delete from {place}.{table} where removal_id in (
                    select removal_id from {place}.removals
                    where removed_at < ?::timestamptz - interval '{REMEMBERED_USERS_DAYS} days'
                )
                """,
                [when.isoformat()],
            )
        self.rows(
            f"""
            insert into {place}.removals
            (removal_id, action, delivery_id, removed_at, removed_by, users, events, rejected)
            values (?::uuid, ?, ?::uuid, ?::timestamptz, {self._user()}, ?, ?, ?)
            """,
            [
                str(removal_id),
                removal.action,
                str(removal.delivery_id) if removal.delivery_id else None,
                when.isoformat(),
                removal.users,
                removal.events,
                removal.rejected,
            ],
        )
        return replace(removal, removal_id=removal_id)

    def delete_events(self) -> None:
        """Delete the events of ``loader_gone``."""
        self.rows(
            f"delete from {self.place}.events where event_id in (select event_id from loader_gone)"
        )

    def note_unseen(self, condition: str, parameters: Sequence[Any]) -> None:
        """Note rows that no view shows, and that go as well; only a lake has such."""

    def _user(self) -> str:
        if self._target.engine == "postgres":
            return "session_user"
        return "'" + getpass.getuser().replace("'", "''") + "'"


def _marked(statement: str) -> bytes:
    return statement.replace("%", "%%").replace("?", "%s").encode()
