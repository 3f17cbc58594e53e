"""What either driver raises, as a sentence that says what was going on and what to do."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from loader import explain
from loader.errors import LoaderError
from loader.targets import Target

#: Engines that DuckDB works beside, to check rows on their way.
_BESIDE = frozenset({"postgres", "clickhouse"})


@contextmanager
def database_errors(target: Target, doing: str, *, committing: bool = False) -> Iterator[None]:
    """Turn what either driver raises into a LoaderError: ``doing`` says what was going on.

    While ``committing``, a server that is lost leaves open what became of the commit.
    """
    try:
        yield
    except duckdb.Error as error:
        if target.engine in _BESIDE:  # then it only checks rows on their way
            directory = tempfile.gettempdir()
            raise LoaderError(explain.staging_failure(directory, doing, error)) from error
        raise LoaderError(_duckdb_failure(target, doing, error)) from error
    except Exception as error:
        failure = _failure(target, doing, error, committing=committing)
        if failure is None:
            raise
        raise failure from error


def _failure(
    target: Target, doing: str, error: Exception, *, committing: bool
) -> LoaderError | None:
    """What a server's driver means; None where the error is none of its own."""
    if target.engine == "postgres":
        from loader import postgres  # noqa: PLC0415 (a DuckDB file needs no psycopg)

        return postgres.failure(target, doing, error, committing=committing)
    if target.engine == "clickhouse":
        from loader import clickhouse  # noqa: PLC0415 (only who asks for it has its driver)

        return clickhouse.failure(target, doing, error, committing=committing)
    return None


def _duckdb_failure(target: Target, doing: str, error: duckdb.Error) -> str:
    if re.search(r"Table with name .* does not exist", str(error)):  # DuckDB has no codes
        return target.no_raw_tables
    return explain.failure(target.label, doing, error)
