"""The raw tables of a DuckDB file, read by somebody who must not keep others from writing.

The file is attached read-only to the DuckDB that holds the stages, and only while it is read: for
as long no build and no append can open it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from loader import explain, quiet_duckdb
from loader.errors import LoaderError
from loader.names import quoted
from loader.stores.dry_compare import add_erased, compare, take_compared
from loader.stores.stage import Stage
from loader.targets import Target

_ATTACHED = "loader_target"
_POLL_SECONDS = 0.1


class DuckDBTables:
    """Raw tables that may not be there, in a file that may not be there either."""

    def __init__(self, target: Target, *, lock_timeout: float) -> None:
        self._target = target
        self._lock_timeout = lock_timeout
        self._events = f"{_ATTACHED}.{quoted(target.raw_schema)}.events"
        self._erased = f"{_ATTACHED}.{quoted(target.raw_schema)}.erased_events"
        with quiet_duckdb.connect() as connection, self._attached(connection) as exist:
            self.exist = exist

    def find_known(self, lane: duckdb.DuckDBPyConnection, stage: Stage) -> None:
        """Insert into ``loader_known`` the lines of a stage whose ids are in the file."""
        with self._attached(lane) as exist:
            if not exist:
                return
            staged = f"(select * from {stage.events_table} where row is null)"
            compare(lane, staged, self._events)
            erased = lane.execute(f"select event_hash from {self._erased}").fetchall()
        take_compared(lane)
        add_erased(lane, stage.events_table, [event_hash for (event_hash,) in erased])

    def close(self) -> None:
        """Nothing is open between two looks."""

    @contextmanager
    def _attached(self, connection: duckdb.DuckDBPyConnection) -> Iterator[bool]:
        """Attach the file for a block; whether it has raw tables."""
        if not self._target.duckdb_path.exists():
            yield False
            return
        self._attach(connection)
        try:
            tables = connection.execute(
                "select count(*) from duckdb_tables() "
                "where database_name = ? and schema_name = ? "
                "and table_name in ('events', 'erased_events')",
                [_ATTACHED, self._target.raw_schema],
            ).fetchall()
            yield tables == [(2,)]
        finally:
            connection.execute(f"detach {_ATTACHED}")

    def _attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        path = self._target.duckdb_path
        text = str(path).replace("'", "''")
        deadline = time.monotonic() + self._lock_timeout
        while True:
            try:
                connection.execute(f"attach '{text}' as {_ATTACHED} (type duckdb, read_only)")
                return
            except duckdb.Error as error:
                locked = "Could not set lock" in str(error)
                if not locked or time.monotonic() >= deadline:
                    raise LoaderError(explain.duckdb_connection(path, error)) from error
                time.sleep(_POLL_SECONDS)
