"""Appending to PostgreSQL: staged in DuckDB, then copied in one transaction, sorted by id."""

from __future__ import annotations

import random
import time

import duckdb
import psycopg
from psycopg import sql

from loader import quiet_duckdb
from loader.failures import database_errors
from loader.postgres import open_postgres
from loader.stores.base import Applied
from loader.stores.postgres_append import Attempt
from loader.stores.spill import SpillDirectory
from loader.stores.stage import MEMORY, STAGING, Stage, let_callers_work
from loader.targets import Target

_ATTEMPTS = 6
_SORT_MEMORY = "256MB"
_THREADS = 2


class PostgresStore:
    """Appends in transactions at READ COMMITTED, with the privileges SELECT, INSERT and TEMP.

    No transaction is open while a source is read.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._connection = open_postgres(target)
        self._lane: duckdb.DuckDBPyConnection | None = None
        self._spill: SpillDirectory | None = None
        self._stages: list[Stage] = []
        self._stages_made = 0
        names = {
            "events": sql.Identifier(target.raw_schema, "events"),
            "rejected": sql.Identifier(target.raw_schema, "rejected_events"),
            "deliveries": sql.Identifier(target.raw_schema, "deliveries"),
            "erased": sql.Identifier(target.raw_schema, "erased_events"),
        }
        self._names = names
        with database_errors(target, "looking for the raw tables"):
            for name in names.values():
                self._connection.execute(sql.SQL("select from {} limit 0").format(name))
            self._connection.rollback()

    def _open_lane(self) -> duckdb.DuckDBPyConnection:
        if self._lane is None:
            self._spill = SpillDirectory()
            self._lane = quiet_duckdb.connect(
                config={"memory_limit": MEMORY, "temp_directory": str(self._spill.path)}
            )
            self._lane.execute(f"attach ':memory:' as {STAGING}")
        return self._lane

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor of a DuckDB in memory that does the lane's work and holds the stages."""
        return quiet_duckdb.cursor_of(self._open_lane())

    def stage(self, source: str) -> Stage:
        """A new stage."""
        if self._connection.closed:
            self._connection = open_postgres(self._target)
        let_callers_work(self._open_lane())
        self._stages_made += 1
        stage = Stage(self.cursor(), self._target, source, self._stages_made)
        self._stages.append(stage)
        return stage

    def apply(self, stage: Stage) -> Applied:
        """Append and record; what other loaders keep it from doing is tried again."""
        with database_errors(self._target, f"appending {stage.source}"):
            self._open_lane().execute(f"set threads = {_THREADS}")
            self._connection.execute(f"set local work_mem = '{_SORT_MEMORY}'")
            return self._apply_retrying(stage)

    def commit(self) -> None:
        """Commit; the temporary tables go with the transaction."""
        with database_errors(self._target, "committing", committing=True):
            self._connection.commit()
        self._drop_stages()

    def rollback(self) -> None:
        """Roll back; a lost connection has done so already."""
        try:
            self._drop_stages()
        except duckdb.Error:
            # After a fatal error, such as a full disk, DuckDB refuses all but closing.
            self._close_lane()
        try:
            self._connection.rollback()
        except psycopg.Error:
            self._connection.close()

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()
        self._close_lane()

    def _drop_stages(self) -> None:
        stages, self._stages = self._stages, []
        for stage in stages:
            stage.drop()

    def _close_lane(self) -> None:
        if self._lane is not None:
            self._lane.close()
            self._lane = None
        if self._spill is not None:
            self._spill.remove()
            self._spill = None

    def _apply_retrying(self, stage: Stage) -> Applied:
        """Apply under a savepoint: rolling back to it frees the locks."""
        for attempt in range(1, _ATTEMPTS + 1):
            attempted = Attempt(self._connection, self._open_lane(), self._names, stage)
            try:
                with self._connection.transaction():
                    return attempted.apply(beside_others=attempt > 1)
            except (
                psycopg.errors.UniqueViolation,
                psycopg.errors.DeadlockDetected,
                psycopg.errors.SerializationFailure,
            ):
                if attempt == _ATTEMPTS:
                    raise
                # Another loader brings the same events; no use in outrunning it again.
                time.sleep(random.uniform(0.1, 0.2) * 2**attempt)  # noqa: S311 (no secret)
        raise AssertionError("unreachable")
