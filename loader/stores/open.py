"""What the append pipeline needs of an engine, and choosing the one of a target."""

from __future__ import annotations

from typing import Protocol

import duckdb

from loader.stores.base import Applied
from loader.stores.duckdb import DuckDBStore
from loader.stores.lake import LakeStore
from loader.stores.stage import Stage
from loader.targets import Target


class Store(Protocol):
    """An open target. Changes become visible at `commit`, all together, or never."""

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor for the lane, for one thread."""
        ...

    def stage(self, source: str) -> Stage:
        """A new, empty stage for the rows of a source."""
        ...

    def apply(self, stage: Stage) -> Applied:
        """Append a stage's new events and record its rejected and conflicting rows."""
        ...

    def commit(self) -> None:
        """Keep what was applied; its counts are final only now, where others write beside it."""
        ...

    def rollback(self) -> None:
        """Drop every stage and what was applied since the last commit."""
        ...

    def close(self) -> None:
        """Drop what was not committed, and close the connection."""
        ...


def open_store(target: Target, *, lock_timeout: float) -> Store:
    """Open the target for appending; LoaderError says why it cannot be.

    ``lock_timeout``: for how many seconds to wait for a DuckDB file that another process holds.
    """
    if target.engine == "postgres":
        from loader.stores.postgres import PostgresStore  # noqa: PLC0415 (it imports psycopg)

        return PostgresStore(target)
    if target.engine == "clickhouse":
        from loader.stores.clickhouse import ClickHouseStore  # noqa: PLC0415 (it needs its driver)

        return ClickHouseStore(target)
    if target.engine == "lake":
        return LakeStore(target)
    return DuckDBStore(target, lock_timeout=lock_timeout)
