"""The database of a target."""

from __future__ import annotations

from pathlib import Path

from loader.errors import UsageError
from loader.targets import Target
from query.databases.base import Database, Notify, say_nothing


def open_database(
    target: Target,
    *,
    reader_role: str = "event_reader",
    connections: int = 4,
    snapshots: Path | None = None,
    notify: Notify = say_nothing,
) -> Database:
    """What asks the database of this target; call its `open` before anything else.

    Args:
        target: A target of type duckdb or postgres.
        reader_role: The role of PostgreSQL that asks, to which an organisation's name is
            appended; empty: the user of the target itself.
        connections: How many queries may run at once.
        snapshots: Where copies of a DuckDB file go; beside it unless given.
        notify: Gets what becomes of copies.

    Raises:
        UsageError: It is of another type.
    """
    if target.engine == "postgres":
        from query.databases.postgres import PostgresDatabase  # noqa: PLC0415 (only its users)

        return PostgresDatabase(target, reader_role=reader_role, connections=connections)
    if target.engine == "duckdb":
        from query.databases.duckdb import DuckDBDatabase  # noqa: PLC0415 (only its users)

        return DuckDBDatabase(target, connections=connections, snapshots=snapshots, notify=notify)
    raise UsageError(
        f"Target {target.name!r} is of type {target.engine}; queries are answered from DuckDB and "
        "PostgreSQL. Choose another with --target."
    )
