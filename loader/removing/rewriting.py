"""A DuckDB file anew, without what was deleted in it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from loader.failures import database_errors
from loader.names import quoted
from loader.removing.sessions import LOCK_TIMEOUT
from loader.targets import Target, check_duckdb_file_exists, open_duckdb

_NEW = "loader_rewritten"


def rewrite(target: Target) -> int:
    """Write all that is in the file into a new one, which takes its place; the bytes that it has.

    DuckDB leaves deleted rows in the file's blocks, also of blocks that are free. Needs as much
    room once more. Nobody can open the file meanwhile; when something goes wrong, it stays as it
    was. Raises LoaderError.
    """
    path = target.duckdb_path
    check_duckdb_file_exists(target)
    made = path.with_name(f"{path.name}.rewriting")
    _remove(made)
    try:
        with (
            database_errors(target, "writing the file anew"),
            open_duckdb(target, wait_seconds=LOCK_TIMEOUT) as connection,
        ):
            [(name,)] = connection.execute("select current_database()").fetchall()
            connection.execute("checkpoint")
            place = str(made).replace("'", "''")
            connection.execute(f"attach '{place}' as {_NEW}")
            connection.execute(f"copy from database {quoted(name)} to {_NEW}")
            connection.execute(f"detach {_NEW}")
            # while the file is still locked, so that nobody writes to the one that goes
            made.chmod(path.stat().st_mode)
            made.replace(path)
    finally:
        _remove(made)
    return path.stat().st_size


def _remove(path: Path) -> None:
    for part in (path, path.with_name(f"{path.name}.wal")):
        with suppress(FileNotFoundError):
            part.unlink()
