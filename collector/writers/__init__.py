"""Writers: how batches of events get into one engine, many batches in one transaction."""

from __future__ import annotations

from collector.writer import Writer
from collector.writers.duckdb import DuckDBWriter
from collector.writers.postgres import PostgresWriter
from loader.target import Target


def new_writer(target: Target, *, lock_timeout: float, release_after: float) -> Writer:
    """The writer for a target; nothing is opened yet. Times in seconds, for DuckDB files."""
    if target.engine == "postgres":
        return PostgresWriter(target)
    return DuckDBWriter(target, lock_timeout=lock_timeout, release_after=release_after)
