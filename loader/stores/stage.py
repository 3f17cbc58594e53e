"""Checked rows on their way into a target: tables of DuckDB in memory, and on disk beyond it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb

from loader.contract import Event, time_text
from loader.failures import database_errors
from loader.lane import Leftover, Query, not_blank
from loader.readers import RejectedRow
from loader.stores.base import LINES, Applied, rejected_id
from loader.targets import Target

#: The most that DuckDB may hold in memory, where the target's settings do not say.
MEMORY = "448MB"
#: The database in memory that holds the stages; no transaction has to share it.
STAGING = "loader_staging"
EVENT_ROW = {
    "line": "BIGINT",
    "event_id": "UUID",
    "event_name": "VARCHAR",
    "event_time": "TIMESTAMPTZ",
    "user_id": "VARCHAR",
    "properties": "JSON",
}
REJECTED_ROW = {
    "rejected_id": "UUID",
    "reason": "VARCHAR",
    "detail": "VARCHAR",
    "original_text": "VARCHAR",
    "source": "VARCHAR",
    "line": "BIGINT",
}


class Stage:
    """The rows of one source: checked, and visible to nobody else.

    ``events`` and ``rejected`` count its rows. ``events_table`` has the columns of `EVENT_ROW` and
    ``row``, which is null for events; ``rejected_table`` has those of `REJECTED_ROW`.
    """

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, target: Target, source: str, number: int
    ) -> None:
        self.source = source
        self.number = number
        self.events_table = f"{STAGING}.events_{number}"
        self.rejected_table = f"{STAGING}.rejected_{number}"
        self.events = 0
        self.rejected = 0
        self._cursor = cursor
        self._target = target
        with database_errors(target, f"appending {source}"):
            cursor.execute(
                f"create table {self.events_table} ({column_list(EVENT_ROW)}, row VARCHAR)"
            )
            cursor.execute(f"create table {self.rejected_table} ({column_list(REJECTED_ROW)})")

    def take(self, cursor: duckdb.DuckDBPyConnection, query: Query) -> tuple[int, list[Leftover]]:
        """Take the rows that the lane lets through; called in worker threads.

        Returns how many they are, which `write` is then given, and the rows left over, in their
        order.
        """
        count = self.add(cursor, query)
        first, last = query.lines
        left = cursor.execute(
            f"select line, row from {self.events_table} "
            f"where row is not null and line between {first} and {last} order by line"
        ).fetchall()
        return count - len(left), not_blank(left)

    def add(self, cursor: duckdb.DuckDBPyConnection, query: Query) -> int:
        """Add the rows of a query, and say how many; called in worker threads."""
        cursor.execute(
            f"insert into {self.events_table} "
            "select line, event_id, event_name, moment, user_id, properties, row "
            f"from ({query.sql})",
            query.parameters,
        )
        return int(cursor.fetchall()[0][0])

    def write(
        self, taken: int, events: Sequence[tuple[int, Event]], rejected: Sequence[RejectedRow]
    ) -> None:
        """Count what was taken, and add rows that the contract judged."""
        self.events += taken + len(events)
        self.rejected += len(rejected)
        with database_errors(self._target, f"appending {self.source}"):
            if events:
                rows = [_event_row(line, event) for line, event in events]
                insert_rows(self._cursor, self.events_table, EVENT_ROW, rows)
            if rejected:
                rows = [rejected_row(self.source, row) for row in rejected]
                insert_rows(self._cursor, self.rejected_table, REJECTED_ROW, rows)

    def repeats(self) -> str:
        """A select of ``line`` and ``event_id`` of each event whose id an earlier one has."""
        # Only lines and ids: the rows themselves would not fit into memory.
        return f"""
            with repeated as (
                select event_id, min(line) as first_line
                from {self.events_table} where row is null group by event_id having count(*) > 1
            )
            select staged.line, staged.event_id from {self.events_table} as staged
            inner join repeated using (event_id)
            where staged.row is null and staged.line > repeated.first_line
        """

    def first_events(
        self, cursor: duckdb.DuckDBPyConnection, count: int
    ) -> list[tuple[int, Event]]:
        """The first events with their lines."""
        rows = cursor.execute(
            f"select {', '.join(EVENT_ROW)} from {self.events_table} "
            f"where row is null order by line % {LINES}, line limit {count}"
        ).fetchall()
        return [(row[0] % LINES, read_event(row)) for row in rows]

    def drop(self) -> None:
        """Free what the stage holds."""
        self._cursor.execute(f"drop table {self.events_table}")
        self._cursor.execute(f"drop table {self.rejected_table}")


def delivery_row(stage: Stage, applied: Applied, delivered_at: datetime) -> list[Any]:
    """The row of `raw.deliveries` for a stage that was applied, which gets its id here."""
    applied.delivery_id = uuid.uuid4()
    return [
        applied.delivery_id,
        stage.source,
        delivered_at,
        stage.events + stage.rejected,
        applied.appended,
        applied.duplicate,
        applied.conflicting,
        stage.rejected,
    ]


def let_callers_work(connection: duckdb.DuckDBPyConnection) -> None:
    """Let DuckDB have no threads besides those that call it, until it is told otherwise.

    The lane calls from as many threads as it keeps busy; more of them only take turns, for a
    quarter more CPU.
    """
    connection.execute("set threads = 1")


def column_list(row: Mapping[str, str]) -> str:
    """The columns of a table, as in a create statement."""
    return ", ".join(f"{name} {kind}" for name, kind in row.items())


def insert_rows(
    cursor: duckdb.DuckDBPyConnection,
    table: str,
    row: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Insert rows through one JSON text, a hundred times as fast as one by one."""
    # A text that holds JSON is a text here; inserting it makes it JSON.
    texts = {name: "VARCHAR" if kind == "JSON" else kind for name, kind in row.items()}
    spec = json.dumps([texts])
    cursor.execute(
        f"insert into {table} by name select unnest(from_json(?, '{spec}'), recursive := true)",
        [json.dumps(rows, ensure_ascii=False)],
    )


def read_event(row: Sequence[Any]) -> Event:
    """The event in a row with the columns of `EVENT_ROW`."""
    _, event_id, name, moment, user, properties = row
    return Event(event_id, name, moment.astimezone(UTC), user, properties)


def _event_row(line: int, event: Event) -> dict[str, Any]:
    return {
        "line": line,
        "event_id": str(event.event_id),
        "event_name": event.event_name,
        "event_time": time_text(event.event_time),
        "user_id": event.user_id,
        "properties": event.properties,
    }


def rejected_row(source: str, row: RejectedRow) -> dict[str, Any]:
    """A rejected row with the columns of `REJECTED_ROW`."""
    return {
        "rejected_id": str(rejected_id(source, row)),
        "reason": row.reason,
        "detail": row.detail,
        "original_text": row.text,
        "source": source,
        "line": row.line,
    }
