"""Writers: how batches of events get into one engine, many batches in one transaction."""

from __future__ import annotations

from collector.writer import Writer
from collector.writers.duckdb import DuckDBWriter
from collector.writers.postgres import PostgresWriter
from loader.errors import UsageError
from loader.targets import Target


def new_writer(target: Target, *, lock_timeout: float, release_after: float) -> Writer:
    """The writer for a target; nothing is opened yet. Times in seconds, for DuckDB files.

    Raises UsageError for an engine that is no place for many small transactions.
    """
    check_engine(target)
    if target.engine == "postgres":
        return PostgresWriter(target)
    return DuckDBWriter(target, lock_timeout=lock_timeout, release_after=release_after)


def check_engine(target: Target) -> None:
    """Raise UsageError unless the collector can write to the target."""
    if target.engine not in ("duckdb", "postgres"):
        raise UsageError(
            f"The collector writes to DuckDB and PostgreSQL, and target {target.name!r} is "
            f"{target.label}. Collect into one of these with --target, and bring what came to "
            f"{target.name!r} with loader append, which can be repeated."
        )
