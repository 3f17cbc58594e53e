"""The raw tables of a ClickHouse target, for reading only."""

from __future__ import annotations

import duckdb

from loader.clickhouse import ClickHouse
from loader.failures import database_errors
from loader.stores.clickhouse_ids import Ids
from loader.stores.spill import SpillDirectory
from loader.stores.stage import Stage
from loader.targets import Target

_TABLES = """
select count() from system.tables
where database = {raw:String} and name in ('event_rows', 'event_ids', 'erased_events')
"""


class ClickHouseTables:
    """Raw tables that may not be there; rights to read them are needed where they are."""

    def __init__(self, target: Target) -> None:
        self._client = ClickHouse(target)
        self._spill = SpillDirectory()
        self._ids = Ids(self._client, target.place(target.raw_schema), self._spill.path)
        try:
            with database_errors(target, "looking for the raw tables"):
                self.exist = self._client.rows(_TABLES, {"raw": target.raw_schema}) == [(3,)]
        except BaseException:
            self.close()
            raise

    def find_known(self, lane: duckdb.DuckDBPyConnection, stage: Stage) -> None:
        """Insert into ``loader_known`` the lines of a stage whose ids are in the target."""
        if self.exist:
            self._ids.find_known(lane, stage)

    def close(self) -> None:
        """Close the connection, and remove files."""
        self._spill.remove()
        self._client.close()
