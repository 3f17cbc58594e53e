"""The raw tables of a target that DuckDB reads: in its file, or in a lake."""

from __future__ import annotations

import duckdb

from loader.lake.tables import open_lake
from loader.targets import Target, open_duckdb


def open_to_read(target: Target) -> duckdb.DuckDBPyConnection:
    """A connection that has the raw tables where `Target.place` says; raises LoaderError."""
    if target.engine == "lake":
        return open_lake(target)
    return open_duckdb(target, read_only=True)
