"""Choosing the store of a target."""

from __future__ import annotations

from loader.stores.base import Store
from loader.stores.duckdb import DuckDBStore
from loader.stores.postgres import PostgresStore
from loader.target import Target


def open_store(target: Target, *, lock_timeout: float) -> Store:
    """Open the target for appending; LoaderError says why it cannot be.

    ``lock_timeout``: for how many seconds to wait for a DuckDB file that another process holds.
    """
    if target.engine == "postgres":
        return PostgresStore(target)
    return DuckDBStore(target, lock_timeout=lock_timeout)
