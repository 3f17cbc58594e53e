"""The schema ``alerting``, beside the views that alerts are read from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from typing import Any

import duckdb
import psycopg

from loader import explain
from loader.errors import LoaderError
from loader.failures import database_errors
from loader.names import quoted
from loader.postgres import open_postgres
from loader.targets import Target, check_duckdb_file_exists, open_duckdb

SCHEMA = "alerting"
TABLES = ("alert_states", "mutes", "outbox", "pauses", "user_events", "user_states")

# Whoever changes these tables takes turns; the number means nothing else.
_ADVISORY_LOCK = 4_711_062_841
_EXISTING = f"""
select count(*) from information_schema.tables
where table_catalog = current_database() and table_schema = '{SCHEMA}'
"""


class Session:
    """One transaction on the database, the only one that changes these tables meanwhile.

    Attributes:
        target: The database, with the default schemas.
        place: The schema ``alerting`` as SQL.
    """

    def __init__(
        self, target: Target, run: Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]
    ) -> None:
        self.target = target
        self.place = target.place(SCHEMA)
        self._run = run

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement with parameters $1, $2 … and ``{place}`` for the schema; its rows."""
        return self._run(query.replace("{place}", self.place), values)

    def create(self) -> bool:
        """Create the tables unless they are there; whether any was missing."""
        [(existing,)] = self.rows(_EXISTING)
        if existing >= len(TABLES):
            return False
        try:
            self._create_tables()
        except psycopg.errors.InsufficientPrivilege as error:
            who = self.target.role or self.target.connect_kwargs.get("user")
            raise LoaderError(
                f"{who!r} may not use the schema {SCHEMA} in {self.target.label}, or there is none "
                f"({explain.first_line(error)}). Somebody who may create schemas runs: "
                f"query alerts init --role {who}"
            ) from error
        return True

    def _create_tables(self) -> None:
        text = (resources.files("query.alerts") / "tables.sql").read_text(encoding="utf-8")
        for statement in text.split(";\n"):
            if statement.strip():
                self.rows(statement)

    def grant(self, role: str) -> None:
        """Let a role of PostgreSQL work with the tables; LoaderError on DuckDB."""
        if self.target.engine != "postgres":
            raise LoaderError("DuckDB has no roles. Leave --role out.")
        self.rows(f"grant usage on schema {{place}} to {quoted(role)}")
        for table in TABLES:
            self.rows(
                f"grant select, insert, update, delete on {{place}}.{table} to {quoted(role)}"
            )


@contextmanager
def alerting(
    target: Target, doing: str, *, wait_seconds: float, dry_run: bool = False
) -> Iterator[Session]:
    """Open the database for one transaction, which is committed when the block ends well.

    A DuckDB file that another process holds is waited for up to ``wait_seconds``. With ``dry_run``
    everything is rolled back. The tables are there. Raises LoaderError, which begins with what
    was being ``doing``.
    """
    if target.engine not in ("duckdb", "postgres"):
        raise LoaderError(
            f"Alerts keep what they have said in DuckDB or PostgreSQL, and {target.label} is "
            "neither. Name another target with --target."
        )
    with database_errors(target, doing):
        if target.engine == "postgres":
            with open_postgres(target) as connection:
                run = psycopg.RawCursor(connection)

                def in_postgres(query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
                    run.execute(query.encode(), values)
                    return [] if run.description is None else run.fetchall()

                connection.execute("select pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
                session = Session(target, in_postgres)
                session.create()
                yield session
                if dry_run:
                    connection.rollback()
            return
        check_duckdb_file_exists(target)
        with open_duckdb(target, wait_seconds=wait_seconds) as database:
            database.begin()
            session = Session(target, lambda query, values: _in_duckdb(database, query, values))
            session.create()
            yield session
            if dry_run:
                database.rollback()
            else:
                database.commit()


def _in_duckdb(
    database: duckdb.DuckDBPyConnection, query: str, values: Sequence[Any]
) -> list[tuple[Any, ...]]:
    return database.execute(query, list(values)).fetchall()


@contextmanager
def views_of(target: Target) -> Iterator[None]:
    """Say what to run where a view is missing that alerts are read from."""
    try:
        yield
    except (duckdb.CatalogException, psycopg.errors.UndefinedTable) as error:
        raise LoaderError(
            f"{target.label} lacks a view that alerts are read from, in schema {target.schema!r} "
            f"({explain.first_line(error)}). Build the views with: loader build"
        ) from error
