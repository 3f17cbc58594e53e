"""One attempt to append a stage to PostgreSQL, inside a savepoint."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import duckdb
import psycopg
from psycopg import sql

from loader.contract import Event
from loader.readers import RejectedRow
from loader.stores import postgres_statements as statements
from loader.stores.base import Applied, conflict
from loader.stores.postgres_copy import copy_rows
from loader.stores.stage import REJECTED_ROW, Stage, delivery_row, rejected_row

_SAMPLE = 200
_IDS_AT_ONCE = 50_000
_CONFLICTS_AT_ONCE = 1000
_EVENT_COLUMNS = {
    "event_id": "uuid",
    "event_name": "text",
    "event_time": "timestamptz",
    "user_id": "text",
    "properties": "jsonb",
    "ingested_at": "timestamptz",
}


class Attempt:
    """Appends a stage in one of two ways.

    *Straight*: the events whose ids are not there are copied into the keyed table itself, and only
    the others into a temporary one. *Staged*: all are copied into a temporary table, and an insert
    skips what is there, also what another loader inserts meanwhile; that costs less only where
    most ids are there already. Either way new rows arrive sorted by id: loaders that meet lock ids
    in the same order, and the index grows in order.
    """

    def __init__(
        self,
        connection: psycopg.Connection,
        lane: duckdb.DuckDBPyConnection,
        names: dict[str, sql.Identifier],
        stage: Stage,
    ) -> None:
        self._connection = connection
        self._lane = lane
        self._names = names
        self._stage = stage
        self._staged = sql.Identifier(f"loader_staged_{stage.number}")
        self._now = datetime.now(UTC)

    def apply(self, *, beside_others: bool) -> Applied:
        """Append and record; ``beside_others`` says that another loader brings the same ids.

        Raises psycopg's errors, of which UniqueViolation, DeadlockDetected and
        SerializationFailure mean that another attempt may succeed.
        """
        applied = Applied()
        self._now = self._connection.execute("select clock_timestamp()").fetchall()[0][0]
        if self._stage.events:
            some = self._execute(statements.ANY_EVENT).rowcount > 0
            if beside_others or (some and self._are_mostly_present()):
                applied.appended = self._append_staged()
            else:
                applied.appended = self._append_straight(some=some)
        self._record_rejected(applied)
        applied.duplicate = self._stage.events - applied.appended - applied.conflicting
        if self._stage.events + self._stage.rejected:
            self._record_delivery(applied)
        return applied

    def _execute(self, statement: sql.SQL, **names: sql.Identifier) -> psycopg.Cursor[Any]:
        return self._connection.execute(statement.format(**self._names, **names))

    def _are_mostly_present(self) -> bool:
        """Whether most of a sample of the ids is there."""
        sample = self._lane.execute(f"""
            select event_id from (select event_id, row from {self._stage.events_table})
            where row is null using sample reservoir({_SAMPLE} rows) repeatable (1)
        """).fetchall()
        found = self._connection.execute(
            statements.PRESENT_IN_SAMPLE.format(**self._names),
            [[event_id for (event_id,) in sample]],
        )
        return bool(found.fetchall()[0][0] * 2 > len(sample))

    def _append_staged(self) -> int:
        """Copy all to a temporary table, and insert from there what is new."""
        self._copy_staged("")
        inserted = self._connection.execute(
            statements.INSERT_STAGED.format(**self._names, table=self._staged), {"now": self._now}
        )
        return inserted.rowcount

    def _append_straight(self, *, some: bool) -> int:
        """Copy the new events into their table, and those to be compared to a temporary one."""
        self._lane.execute(
            f"create or replace temp table loader_skipped as {self._stage.repeats()}"
        )
        if some:
            self._skip_present()
        self._skip_erased()
        skipped = self._lane.execute("select count(*) from loader_skipped").fetchall()[0][0]
        appended = 0
        if skipped < self._stage.events:
            appended = copy_rows(
                self._connection,
                self._names["events"],
                _EVENT_COLUMNS,
                self._lane,
                {"ingested_at": f"timestamptz '{self._now.isoformat()}'"},
                f"from {self._stage.events_table} anti join loader_skipped using (line) "
                "where row is null order by event_id",
            )
        if skipped:
            self._copy_staged("semi join loader_skipped using (line)")
        return appended

    def _skip_present(self) -> None:
        """Add to the skipped lines those whose ids are there already."""
        staged = self._stage.events_table
        table = sql.Identifier(f"loader_ids_{self._stage.number}")
        self._execute(statements.CREATE_IDS, table=table)
        copy_rows(
            self._connection,
            table,
            {"event_id": "uuid"},
            self._lane,
            {},
            f"from {staged} where row is null order by event_id",
        )
        self._execute(statements.ANALYZE, table=table)
        self._lane.execute("create or replace temp table loader_present (event_id uuid)")
        with self._connection.cursor() as cursor:
            statement = statements.PRESENT.format(**self._names, table=table)
            with cursor.copy(statement) as copy:
                for ids in _joined(copy, _IDS_AT_ONCE):
                    self._lane.execute(
                        "insert into loader_present "
                        "select unnest(string_split(rtrim(?, chr(10)), chr(10)))",
                        [ids],
                    )
        self._lane.execute(f"""
            insert into loader_skipped
            select line, event_id from {staged} semi join loader_present using (event_id)
            anti join loader_skipped using (line)
            where row is null
        """)

    def _skip_erased(self) -> None:
        """Add to the skipped lines those whose events were erased lately."""
        erased = self._execute(statements.ERASED).fetchall()
        if erased:
            self._lane.execute(
                f"""
                insert into loader_skipped
                select line, event_id from {self._stage.events_table}
                anti join loader_skipped using (line)
                where row is null and md5(event_id::varchar) in (select unnest(?::varchar[]))
                """,
                [[event_hash for (event_hash,) in erased]],
            )

    def _record_delivery(self, applied: Applied) -> None:
        self._connection.execute(
            statements.DELIVER.format(**self._names),
            delivery_row(self._stage, applied, self._now),
        )

    def _copy_staged(self, of: str) -> None:
        """Copy events to the temporary table, in whatever order they are read."""
        self._execute(statements.CREATE_STAGED, table=self._staged)
        copy_rows(
            self._connection,
            self._staged,
            statements.STAGED_COLUMNS,
            self._lane,
            {},
            f"from {self._stage.events_table} {of} where row is null",
        )
        self._execute(statements.ANALYZE, table=self._staged)

    def _record_rejected(self, applied: Applied) -> None:
        """Record the rejected rows, and the events whose id now stands for another content."""
        stage = self._stage
        differing = 0
        if applied.appended < stage.events:
            differing = self._find_differing()
        if not stage.rejected + differing:
            return
        table = sql.Identifier(f"loader_rejected_{stage.number}")
        self._execute(statements.CREATE_REJECTED, table=table)
        copy_rows(
            self._connection,
            table,
            statements.REJECTED_COLUMNS,
            self._lane,
            {},
            f"from {stage.rejected_table}",
        )
        if differing:
            with self._connection.cursor() as cursor:
                statement = statements.COPY_REJECTED.format(table=table)
                with cursor.copy(statement) as copy:
                    for found in self._conflicts():
                        applied.add_conflicts(found)
                        for row in found:
                            record = rejected_row(stage.source, row)
                            copy.write_row([record[name] for name in REJECTED_ROW])
        self._connection.execute(
            statements.INSERT_REJECTED.format(**self._names, table=table), {"now": self._now}
        )

    def _find_differing(self) -> int:
        """Note the lines of the events in the temporary table whose ids stand for other content."""
        self._lane.execute("create or replace temp table loader_differing (line bigint)")
        count = 0
        with self._connection.cursor(name="loader_differing") as differing:
            differing.execute(statements.DIFFERING.format(**self._names, table=self._staged))
            while lines := differing.fetchmany(_IDS_AT_ONCE):
                count += len(lines)
                self._lane.execute(
                    "insert into loader_differing select unnest(?::bigint[])",
                    [[line for (line,) in lines]],
                )
        return count

    def _conflicts(self) -> Iterator[list[RejectedRow]]:
        """The rows to be recorded for those lines, in their order."""
        columns = ", ".join(statements.STAGED_COLUMNS)
        self._lane.execute(
            f"select {columns} from {self._stage.events_table} "
            "semi join loader_differing using (line) where row is null order by line"
        )
        while rows := self._lane.fetchmany(_CONFLICTS_AT_ONCE):
            yield [
                conflict(line, Event(event_id, name, moment.astimezone(UTC), user, properties))
                for line, event_id, name, moment, user, properties in rows
            ]


def _joined(copy: psycopg.Copy, size: int) -> Iterator[str]:
    """What COPY sends, some lines at a time."""
    parts: list[bytes] = []
    for part in copy:
        parts.append(bytes(part))
        if len(parts) >= size:
            yield b"".join(parts).decode()
            parts = []
    if parts:
        yield b"".join(parts).decode()
