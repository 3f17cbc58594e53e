"""Sessions of a PostgreSQL target, and what its driver's errors mean.

Apart from `loader.targets`, so that who works with a DuckDB file does not wait for psycopg.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from loader import explain
from loader.errors import LoaderError, UnconfirmedError
from loader.targets import Target

_OLDEST_POSTGRES = 14
# The one encoding that holds every text that an event may have.
_ENCODING = "UTF8"

# What changes how a session reads what it is sent, or writes what it answers, whatever server,
# database, user or environment (PGOPTIONS, PGDATESTYLE …) say. Their limits of time are meant for
# people at a prompt: an append takes as long as it takes, and so do pg_dump and pg_restore.
_SETTINGS = {
    "bytea_output": "hex",
    "datestyle": "ISO, YMD",
    "extra_float_digits": "1",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "intervalstyle": "postgres",
    "lock_timeout": "0",
    "search_path": "pg_catalog",
    "standard_conforming_strings": "on",
    "statement_timeout": "0",
    "timezone": "UTC",
}
_SETTINGS_SINCE = {17: {"transaction_timeout": "0"}}


def open_postgres(target: Target) -> psycopg.Connection:
    """Connect to PostgreSQL, with UTF-8 and times in UTC, whatever database or user are set to.

    Transactions are READ COMMITTED. Raises LoaderError saying what to do, also where the database
    has another encoding than UTF8.
    """
    try:
        connection = psycopg.connect(
            **target.connect_kwargs,  # type: ignore[arg-type]
            application_name="loader",
            autocommit=True,
            client_encoding=_ENCODING,
        )
    except psycopg.Error as error:
        raise LoaderError(explain.postgres_connection(target.connect_kwargs, error)) from error
    if connection.info.server_version < _OLDEST_POSTGRES * 10_000:
        connection.close()
        raise LoaderError(
            f"{target.label} is older than PostgreSQL {_OLDEST_POSTGRES}. Upgrade the server."
        )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != _ENCODING:
        connection.close()
        raise LoaderError(explain.encoding(target.label, target.connect_kwargs, encoding))
    try:
        for statement in opening_statements(target, connection.info.server_version):
            connection.execute(statement)
        connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        connection.autocommit = False
    except psycopg.Error as error:
        connection.close()
        raise LoaderError(
            f"Cannot use {target.label}: {explain.first_line(error)}. "
            f"Check 'role:' of target {target.name!r} in profiles.yml."
        ) from error
    return connection


def opening_statements(target: Target, server_version: int) -> list[sql.SQL | sql.Composed]:
    """What a session on a server of this version begins with: its role, and all these settings."""
    settings = dict(_SETTINGS)
    for since, more in _SETTINGS_SINCE.items():
        if server_version >= since * 10_000:
            settings |= more
    calls = (
        sql.SQL("pg_catalog.set_config({}, {}, false)").format(name, value)
        for name, value in settings.items()
    )
    return [
        # by itself and first: it takes no time, where a limit may leave hardly any to the others
        sql.SQL("set statement_timeout = 0"),
        *([sql.SQL("set role {}").format(sql.Identifier(target.role))] if target.role else []),
        sql.SQL("select {}").format(sql.SQL(", ").join(calls)),
    ]


def failure(
    target: Target, doing: str, error: Exception, *, committing: bool = False
) -> LoaderError | None:
    """What to tell people of an error while ``doing`` something; None unless psycopg raised it."""
    if isinstance(error, psycopg.errors.UndefinedTable):
        return LoaderError(target.no_raw_tables)
    advice = _advice(error)
    if advice is not None:
        acting = f" as the role {target.role!r} of target {target.name!r}" if target.role else ""
        return LoaderError(
            f"Error while {doing} in {target.label}{acting}: {explain.first_line(error)}. {advice}"
        )
    if isinstance(error, psycopg.errors.DiskFull):
        return LoaderError(explain.full_disk(target.label, error))
    if isinstance(error, psycopg.OperationalError):
        return _server_failure(target, doing, error, committing=committing)
    if isinstance(error, psycopg.Error):
        return LoaderError(explain.failure(target.label, doing, error))
    return None


def _advice(error: Exception) -> str | None:
    """What to do about an error that says itself what is wrong; None for any other."""
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return "Use a user who may, or ask an administrator (see: loader init --help, roles)."
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return (
            "Use the primary server, and a user and a database that are not set to "
            "default_transaction_read_only."
        )
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
