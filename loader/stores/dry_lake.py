"""A lake, read by somebody who only wants to know what an append would do."""

from __future__ import annotations

import duckdb

from loader.lake.tables import manifest_of
from loader.stores.dry_compare import compare, take_compared
from loader.stores.lake_content import Content
from loader.stores.stage import Stage
from loader.targets import Target


class LakeTables:
    """The manifest of a lake; no event is read, as an append reads none."""

    def __init__(self, target: Target) -> None:
        self._manifest = manifest_of(target)
        self._state = self._manifest.load()
        self.exist = self._state is not None

    def find_known(self, lane: duckdb.DuckDBPyConnection, stage: Stage) -> None:
        """Insert all lines where the content was delivered, else those of erased events."""
        if self._state is None:
            return
        storage = self._manifest.storage
        storage.let_read(lane)
        content = Content(lane, stage, storage, self._state.tables.get("erased_events", []))
        known = f"select line from ({content.distinct})"
        if self._state.has(content.digest()):
            compare(lane, content.repeated, f"({content.distinct})")
            take_compared(lane)
        else:
            known += f" except select line from ({content.new})"
        lane.execute(f"insert into loader_known select line, false from ({known})")

    def close(self) -> None:
        """Nothing is open."""
