"""Appending to ClickHouse: staged in DuckDB, sent as Parquet, made whole by one row."""

from __future__ import annotations

from contextlib import suppress

import duckdb

from loader import quiet_duckdb
from loader.clickhouse import ClickHouse
from loader.failures import database_errors
from loader.stores.base import Applied
from loader.stores.clickhouse_deliveries import Deliveries, Opened
from loader.stores.clickhouse_ids import Ids
from loader.stores.clickhouse_send import Sending
from loader.stores.spill import SpillDirectory
from loader.stores.stage import MEMORY, STAGING, Stage, delivery_row, let_callers_work
from loader.targets import Target

_THREADS = 2
_ATTEMPTS = 6


class ClickHouseStore:
    """Appends deliveries that are whole or not there (see `clickhouse_deliveries`).

    What another loader has finished meanwhile is looked for once more before the end. Two that
    finish the same ids at the same moment both append them: nothing is lost, and staging takes the
    first.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._place = target.place(target.raw_schema)
        self._client = ClickHouse(target)
        self._spill = SpillDirectory()
        self._ids = Ids(self._client, self._place, self._spill.path)
        self._deliveries = Deliveries(self._client, self._place)
        self._lane: duckdb.DuckDBPyConnection | None = None
        self._stages: list[Stage] = []
        self._stages_made = 0
        self._opened: list[Opened] = []
        try:
            with database_errors(target, "looking for the raw tables"):
                self._deliveries.take_out_abandoned()
        except BaseException:
            self.close()
            raise

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor of a DuckDB in memory that does the lane's work and holds the stages."""
        return quiet_duckdb.cursor_of(self._open_lane())

    def stage(self, source: str) -> Stage:
        """A new stage."""
        let_callers_work(self._open_lane())
        self._stages_made += 1
        stage = Stage(self.cursor(), self._target, source, self._stages_made)
        self._stages.append(stage)
        return stage

    def apply(self, stage: Stage) -> Applied:
        """Send what is new, and all of it again where others were faster with a part of it."""
        if not stage.events + stage.rejected:
            return Applied()
        with database_errors(self._target, f"appending {stage.source}"):
            lane = self._open_lane()
            lane.execute(f"set threads = {_THREADS}")
            for attempt in range(1, _ATTEMPTS + 1):
                own = [before.delivered_at for before in self._opened]
                finished = self._deliveries.finished()
                opened = self._deliveries.begin()
                self._opened.append(opened)
                applied = Sending(self._ids, lane, stage, opened).send(own)
                if attempt == _ATTEMPTS or self._deliveries.finished() == finished:
                    break
                if not self._ids.appeared(lane, stage, opened.delivered_at):
                    break
                self._deliveries.take_out([opened.delivered_at])
                self._opened.remove(opened)
            row = delivery_row(stage, applied, opened.delivered_at)
            opened.row = [opened.delivery_id, *row[1:]]
            applied.delivery_id = opened.delivery_id
            return applied

    def commit(self) -> None:
        """Finish all that was applied, by one insert."""
        if self._opened:
            with database_errors(self._target, "committing"):
                self._deliveries.check(self._opened)
            # From here on nobody knows whether they count: what they brought has to stay.
            opened, self._opened = self._opened, []
            with database_errors(self._target, "committing", committing=True):
                self._deliveries.finish(opened)
        self._drop_stages()

    def rollback(self) -> None:
        """Take out what was sent. Where that fails, nobody sees it, and a later loader does."""
        opened, self._opened = self._opened, []
        with suppress(Exception):
            self._deliveries.take_out([delivery.delivered_at for delivery in opened])
        try:
            self._drop_stages()
        except duckdb.Error:
            # After a fatal error, such as a full disk, DuckDB refuses all but closing.
            self._close_lane()

    def close(self) -> None:
        """Close the connections."""
        self._close_lane()
        self._spill.remove()
        self._client.close()

    def _open_lane(self) -> duckdb.DuckDBPyConnection:
        if self._lane is None:
            self._lane = quiet_duckdb.connect(
                config={"memory_limit": MEMORY, "temp_directory": str(self._spill.path)}
            )
            self._lane.execute(f"attach ':memory:' as {STAGING}")
        return self._lane

    def _close_lane(self) -> None:
        self._stages.clear()
        if self._lane is not None:
            self._lane.close()
            self._lane = None

    def _drop_stages(self) -> None:
        stages, self._stages = self._stages, []
        for stage in stages:
            stage.drop()
