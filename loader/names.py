"""Names as SQL has them, and what DuckDB calls the database in a file."""

from __future__ import annotations

import re
from pathlib import PurePath

from loader.errors import LoaderError

# What DuckDB and the loader have themselves, beside the file's database.
_TAKEN = {"information_schema", "loader_staging", "main", "pg_catalog", "system", "temp"}
# dbt puts the name between quotes as it is, and takes the path for a URL.
_NOT_TAKEN_BY_DBT = re.compile(r"[\"'#:;?\x00-\x1f]")


def quoted(identifier: str) -> str:
    """An SQL identifier in double quotes, as both engines take it."""
    return '"' + identifier.replace('"', '""') + '"'


def database_in(path: PurePath) -> str:
    """The name of the database in a DuckDB file: that of the file up to the first dot within it."""
    return path.name.lstrip(".").partition(".")[0]


def check_duckdb_file(path: PurePath, where: str) -> None:
    """Raise LoaderError if a file's name keeps DuckDB or dbt from addressing what is in it.

    ``where`` says who names it.
    """
    name = database_in(path)
    if not name or name.lower() in _TAKEN or _NOT_TAKEN_BY_DBT.search(name):
        raise LoaderError(
            f"{where} has the path {str(path)!r}: DuckDB calls the database after the file, and "
            f"{name!r} is no name that it and dbt both can use. Rename the file, such as to "
            "events.duckdb."
        )
