"""A store that counts what an append would do, and writes nothing to the target.

Stages lie in a DuckDB of their own, as for PostgreSQL. Of the target it only reads which of the
staged events are there, with the same content or another. Events that a source would append are
remembered, since those of the next sources are compared with them, too.
"""

from __future__ import annotations

from typing import Protocol

import duckdb

from loader import quiet_duckdb
from loader.failures import database_errors
from loader.readers import RejectedRow
from loader.report import EXAMPLES
from loader.stores.base import Applied, conflict
from loader.stores.dry_compare import compare, create_known, take_compared
from loader.stores.dry_duckdb import DuckDBTables
from loader.stores.dry_lake import LakeTables
from loader.stores.spill import SpillDirectory
from loader.stores.stage import EVENT_ROW, MEMORY, STAGING, Stage, column_list, read_event
from loader.targets import Target

_COLUMNS = ", ".join(EVENT_ROW)


class Tables(Protocol):
    """The target's raw tables, for reading only."""

    #: Whether there are any.
    exist: bool

    def find_known(self, lane: duckdb.DuckDBPyConnection, stage: Stage) -> None:
        """Insert into ``loader_known`` the lines of a stage whose ids are in the target."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


class DryStore:
    """A `loader.stores.Store` whose commits only mean that what was applied is remembered."""

    def __init__(self, target: Target, *, lock_timeout: float) -> None:
        self._target = target
        self._tables = _open_tables(target, lock_timeout)
        self._spill = SpillDirectory()
        self._lane = quiet_duckdb.connect(
            config={"memory_limit": MEMORY, "temp_directory": str(self._spill.path), "threads": "1"}
        )
        self._lane.execute(f"attach ':memory:' as {STAGING}")
        self._lane.execute(
            f"create temp table loader_appended ({column_list(EVENT_ROW)}, stage BIGINT)"
        )
        self._stages: list[Stage] = []
        self._stages_made = 0

    @property
    def has_tables(self) -> bool:
        """Whether the target has raw tables; without them no event is there."""
        return self._tables.exist

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor of the DuckDB that holds the stages."""
        return quiet_duckdb.cursor_of(self._lane)

    def stage(self, source: str) -> Stage:
        """A new stage."""
        self._stages_made += 1
        stage = Stage(self.cursor(), self._target, source, self._stages_made)
        self._stages.append(stage)
        return stage

    def apply(self, stage: Stage) -> Applied:
        """Count what appending the stage would do."""
        with database_errors(self._target, f"comparing {stage.source} with what is there"):
            create_known(self._lane)
            applied = Applied()
            if stage.events:
                self._tables.find_known(self._lane, stage)
                self._append(stage, applied)
                self._count_conflicts(stage, applied)
            applied.duplicate = stage.events - applied.appended - applied.conflicting
            return applied

    def commit(self) -> None:
        """Drop the stages; what they would append stays known."""
        self._drop_stages()

    def rollback(self) -> None:
        """Drop every stage, and forget what they would have appended."""
        try:
            for stage in self._stages:
                self._lane.execute("delete from loader_appended where stage = ?", [stage.number])
            self._drop_stages()
        except duckdb.Error:
            # After a fatal error, such as a full disk, DuckDB refuses all but closing.
            self._stages.clear()

    def close(self) -> None:
        """Close what is open, and remove temporary files."""
        self._lane.close()
        self._spill.remove()
        self._tables.close()

    def _drop_stages(self) -> None:
        stages, self._stages = self._stages, []
        for stage in stages:
            stage.drop()

    def _append(self, stage: Stage, applied: Applied) -> None:
        """Remember the first event of each id that is new, and compare the others with it."""
        staged = f"(select * from {stage.events_table} where row is null)"
        new = self._lane.execute(f"""
            insert into loader_appended
            select {_COLUMNS}, {stage.number} from {staged}
            where line in (
                select min(line) from {staged}
                where
                    line not in (select line from loader_known)
                    and event_id not in (select event_id from loader_appended)
                group by event_id
            )
        """)
        applied.appended = int(new.fetchall()[0][0])
        others = f"""
            (
                select * from {staged}
                where
                    line not in (select line from loader_known)
                    and line not in (
                        select line from loader_appended where stage = {stage.number}
                    )
            )
        """
        compare(self._lane, others, "loader_appended")
        take_compared(self._lane)

    def _count_conflicts(self, stage: Stage, applied: Applied) -> None:
        differing = "select line from loader_known where differs"
        rows = self._lane.execute(
            f"select {_COLUMNS} from {stage.events_table} "
            f"where row is null and line in ({differing}) order by line limit {EXAMPLES}"
        ).fetchall()
        examples: list[RejectedRow] = [conflict(row[0], read_event(row)) for row in rows]
        applied.add_conflicts(examples)
        counted = self._lane.execute(f"select count(*) from ({differing})").fetchall()
        applied.conflicting = int(counted[0][0])


def _open_tables(target: Target, lock_timeout: float) -> Tables:
    if target.engine == "postgres":
        from loader.stores.dry_postgres import PostgresTables  # noqa: PLC0415 (it imports psycopg)

        return PostgresTables(target)
    if target.engine == "clickhouse":
        from loader.stores.dry_clickhouse import ClickHouseTables  # noqa: PLC0415 (its driver)

        return ClickHouseTables(target)
    if target.engine == "lake":
        return LakeTables(target)
    return DuckDBTables(target, lock_timeout=lock_timeout)
