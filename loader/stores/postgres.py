"""Appending to PostgreSQL: one COPY to a temporary table, then one sorted insert."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime

import duckdb
import psycopg
from psycopg import sql

from loader.contract import Event, time_text
from loader.lane import Leftover, Query, not_blank
from loader.readers import RejectedRow
from loader.stores import postgres_statements as statements
from loader.stores.base import Applied, conflict, rejected_id
from loader.target import Target, database_errors, open_postgres

_ATTEMPTS = 6
_CONFLICTS_AT_ONCE = 1000
_LANE_MEMORY = "256MB"
_SORT_MEMORY = "256MB"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class PostgresStage:
    """A temporary table that one COPY fills with events and rejected rows alike."""

    def __init__(self, connection: psycopg.Connection, target: Target, source: str, number: int):
        self.source = source
        self.table = sql.Identifier(f"loader_stage_{number}")
        self.events = 0
        self.rejected = 0
        self._target = target
        with self._errors():
            connection.execute(statements.CREATE_STAGE.format(table=self.table))
            self._copying = connection.cursor().copy(statements.COPY.format(table=self.table))
            self._copy = self._copying.__enter__()
        self._is_open = True

    def take(
        self, cursor: duckdb.DuckDBPyConnection, query: Query
    ) -> tuple[tuple[int, bytes], list[Leftover]]:
        """The rows that the lane lets through, how many they are and their text for COPY."""
        found = cursor.execute(statements.COPY_TEXT.format(checked=query.sql), query.parameters)
        count, text, lines, rows = found.fetchall()[0]
        return (count, (text or "").encode()), not_blank(zip(lines or [], rows or [], strict=True))

    def write(
        self,
        taken: tuple[int, bytes] | None,
        events: Sequence[tuple[int, Event]],
        rejected: Sequence[RejectedRow],
    ) -> None:
        """Copy all these rows."""
        count, data = taken or (0, b"")
        self.events += count + len(events)
        self.rejected += len(rejected)
        rows = [_event_row(line, event) for line, event in events]
        rows += [_rejected_row(self.source, row) for row in rejected]
        with self._errors():
            for part in (data, "".join(rows).encode()):
                if part:
                    self._copy.write(part)

    def finish(self) -> None:
        """End the COPY."""
        self._is_open = False
        with self._errors():
            self._copying.__exit__(None, None, None)

    def abandon(self) -> None:
        """Break off the COPY, if it still runs."""
        if self._is_open:
            self._is_open = False
            stop = _AbandonedError()
            with suppress(Exception):  # PostgreSQL confirms with an error; the rollback counts
                self._copying.__exit__(_AbandonedError, stop, None)

    def _errors(self) -> AbstractContextManager[None]:
        return database_errors(self._target, f"appending {self.source}")


class _AbandonedError(Exception):
    """Breaks off a COPY."""


class PostgresStore:
    """Appends in transactions at READ COMMITTED, with the privileges SELECT, INSERT and TEMP."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._connection = self._connect()
        self._lane: duckdb.DuckDBPyConnection | None = None
        self._stages: list[PostgresStage] = []
        names = {
            "events": sql.Identifier(target.raw_schema, "events"),
            "rejected": sql.Identifier(target.raw_schema, "rejected_events"),
        }
        self._names = names
        with database_errors(target, "looking for the raw tables"):
            for name in names.values():
                self._connection.execute(sql.SQL("select from {} limit 0").format(name))
            self._connection.rollback()

    def _connect(self) -> psycopg.Connection:
        connection = open_postgres(self._target)
        connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        return connection

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor of a DuckDB in memory that does the lane's work."""
        if self._lane is None:
            self._lane = duckdb.connect(":memory:")
            self._lane.execute(f"set memory_limit = '{_LANE_MEMORY}'")
            self._lane.execute("set threads = 2")
            self._lane.execute("set timezone = 'UTC'")
        return self._lane.cursor()

    def stage(self, source: str) -> PostgresStage:
        """A new temporary table in the open transaction."""
        if self._connection.closed:
            self._connection = self._connect()
        stage = PostgresStage(self._connection, self._target, source, len(self._stages) + 1)
        self._stages.append(stage)
        return stage

    def apply(self, stage: PostgresStage) -> Applied:
        """Append and record; what other loaders keep it from doing is tried again."""
        with database_errors(self._target, f"appending {stage.source}"):
            self._connection.execute(statements.ANALYZE.format(table=stage.table))
            self._connection.execute(f"set local work_mem = '{_SORT_MEMORY}'")
            return self._apply_retrying(stage)

    def commit(self) -> None:
        """Commit; the temporary tables go with the transaction."""
        with database_errors(self._target, "committing", committing=True):
            self._connection.commit()
        self._stages.clear()

    def rollback(self) -> None:
        """Roll back; a lost connection has done so already."""
        for stage in self._stages:
            stage.abandon()
        self._stages.clear()
        try:
            self._connection.rollback()
        except psycopg.Error:
            self._connection.close()

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()
        if self._lane is not None:
            self._lane.close()

    def _apply_retrying(self, stage: PostgresStage) -> Applied:
        """Apply under a savepoint: rolling back to it frees the locks and keeps the stage."""
        some = self._connection.execute(statements.ANY_EVENT.format(**self._names)).rowcount
        insert = statements.INSERT if some else statements.INSERT_FIRST
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self._connection.transaction():
                    return self._apply(stage, insert)
            except (
                psycopg.errors.UniqueViolation,
                psycopg.errors.DeadlockDetected,
                psycopg.errors.SerializationFailure,
            ):
                if attempt == _ATTEMPTS:
                    raise
                # Another loader brings the same events; no use in outrunning it again.
                insert = statements.INSERT_BESIDE_OTHERS
                time.sleep(random.uniform(0.1, 0.2) * 2**attempt)  # noqa: S311 (no secret)
        raise AssertionError("unreachable")

    def _apply(self, stage: PostgresStage, insert: sql.SQL) -> Applied:
        names = {**self._names, "table": stage.table}
        applied = Applied()
        now = self._connection.execute("select clock_timestamp()").fetchall()[0][0]
        if stage.events:
            inserted = self._connection.execute(insert.format(**names), {"now": now})
            applied.appended = inserted.rowcount
        if applied.appended < stage.events:
            # What was there before; into an empty table, only what comes twice can conflict.
            before = (
                "false" if insert is statements.INSERT_FIRST else "present.ingested_at <> %(now)s"
            )
            query = statements.CONFLICTS.format(before=sql.SQL(before), **names)
            self._record_conflicts(stage, applied, query, now)
        if stage.rejected:
            parameters = {"source": stage.source}
            self._connection.execute(statements.INSERT_REJECTED.format(**names), parameters)
        applied.duplicate = stage.events - applied.appended - applied.conflicting
        return applied

    def _record_conflicts(
        self, stage: PostgresStage, applied: Applied, query: sql.Composed, now: datetime
    ) -> None:
        """Record the events whose id now stands for another content, a few at a time."""
        with self._connection.cursor(name="loader_conflicts") as conflicts:
            conflicts.execute(query, {"now": now})
            while rows := conflicts.fetchmany(_CONFLICTS_AT_ONCE):
                found = [conflict(row[0], Event(*row[1:])) for row in rows]
                applied.add_conflicts(found)
                with self._connection.cursor() as insert:
                    insert.executemany(
                        statements.INSERT_CONFLICT.format(**self._names),
                        [
                            (
                                rejected_id(stage.source, row),
                                row.reason,
                                row.detail,
                                row.text,
                                stage.source,
                                row.line,
                            )
                            for row in found
                        ],
                    )


def _event_row(line: int, event: Event) -> str:
    return (
        f"{line}\t{event.event_id}\t{event.event_name.translate(_ESCAPES)}\t"
        f"{time_text(event.event_time)}\t{event.user_id.translate(_ESCAPES)}\t"
        f"{event.properties.translate(_ESCAPES)}\t{statements.NULLS}\n"
    )


def _rejected_row(source: str, row: RejectedRow) -> str:
    return (
        f"{row.line}\t\\N\t\\N\t\\N\t\\N\t\\N\t{rejected_id(source, row)}\t{row.reason}\t"
        f"{row.detail.translate(_ESCAPES)}\t{row.text.translate(_ESCAPES)}\n"
    )
