"""Sessions of a PostgreSQL target, and what its driver's errors mean.

Apart from `loader.target`, so that who works with a DuckDB file does not wait for psycopg.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from loader import explain
from loader.errors import LoaderError, UnconfirmedError
from loader.target import Target

_OLDEST_POSTGRES = 14


def open_postgres(target: Target) -> psycopg.Connection:
    """Connect to PostgreSQL; times are exchanged in UTC. Raises LoaderError saying what to do."""
    try:
        connection = psycopg.connect(
            **target.connect_kwargs,  # type: ignore[arg-type]
            application_name="loader",
            autocommit=True,
        )
    except psycopg.Error as error:
        raise LoaderError(explain.postgres_connection(target.connect_kwargs, error)) from error
    if connection.info.server_version < _OLDEST_POSTGRES * 10_000:
        connection.close()
        raise LoaderError(
            f"{target.label} is older than PostgreSQL {_OLDEST_POSTGRES}. Upgrade the server."
        )
    try:
        if target.role:
            connection.execute(sql.SQL("set role {}").format(sql.Identifier(target.role)))
        connection.execute("set time zone 'UTC'")
        connection.autocommit = False
    except psycopg.Error as error:
        connection.close()
        raise LoaderError(
            f"Cannot use {target.label}: {explain.first_line(error)}. "
            f"Check 'role:' of target {target.name!r} in profiles.yml."
        ) from error
    return connection


def failure(
    target: Target, doing: str, error: Exception, *, committing: bool = False
) -> LoaderError | None:
    """What to tell people of an error while ``doing`` something; None unless psycopg raised it."""
    if isinstance(error, psycopg.errors.UndefinedTable):
        return LoaderError(target.no_raw_tables)
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return LoaderError(
            f"Error while {doing} in {target.label}: {explain.first_line(error)}. "
            "Use a user who may, or ask an administrator (see: loader init --help, roles)."
        )
    if isinstance(error, psycopg.errors.DiskFull):
        return LoaderError(explain.full_disk(target.label, error))
    if isinstance(error, psycopg.OperationalError):
        return _server_failure(target, doing, error, committing=committing)
    if isinstance(error, psycopg.Error):
        return LoaderError(explain.failure(target.label, doing, error))
    return None


def _server_failure(
    target: Target, doing: str, error: psycopg.OperationalError, *, committing: bool
) -> LoaderError:
    failed = f"{target.label} failed while {doing}: {explain.first_line(error)}. "
    if committing:
        return UnconfirmedError(
            failed + "Once the server is well, run this again: "
            "what it had committed is not appended twice."
        )
    return LoaderError(failed + "Nothing was changed; run this again once the server is well.")
