"""What either driver raises, as a sentence that says what was going on and what to do."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from loader import explain
from loader.errors import LoaderError
from loader.target import Target


@contextmanager
def database_errors(target: Target, doing: str, *, committing: bool = False) -> Iterator[None]:
    """Turn what either driver raises into a LoaderError: ``doing`` says what was going on.

    While ``committing``, a server that is lost leaves open what became of the commit.
    """
    try:
        yield
    except duckdb.Error as error:
        if target.engine == "postgres":  # then it only checks rows on their way
            directory = tempfile.gettempdir()
            raise LoaderError(explain.staging_failure(directory, doing, error)) from error
        raise LoaderError(_duckdb_failure(target, doing, error)) from error
    except Exception as error:
        if target.engine != "postgres":
            raise
        from loader import postgres  # noqa: PLC0415 (a DuckDB file needs no psycopg)

        failure = postgres.failure(target, doing, error, committing=committing)
        if failure is None:
            raise
        raise failure from error


def _duckdb_failure(target: Target, doing: str, error: duckdb.Error) -> str:
    if re.search(r"Table with name .* does not exist", str(error)):  # DuckDB has no codes
        return target.no_raw_tables
    return explain.failure(target.label, doing, error)
