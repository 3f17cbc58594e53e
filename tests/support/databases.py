"""Real databases for tests: fresh DuckDB files and fresh PostgreSQL databases."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import psycopg

from loader import quiet_duckdb
from scripts.postgres import PostgresServer, embedded_server

Engine = Literal["duckdb", "postgres"]
ENGINES: tuple[Engine, ...] = get_args(Engine)

REPOSITORY = Path(__file__).resolve().parents[2]

# Each database has a directory of its own, so that all files may be called alike.
DUCKDB_FILE_NAME = "events.duckdb"


@dataclass(frozen=True)
class Database:
    """One database of one test.

    Attributes:
        engine: duckdb or postgres; also the name of the dbt target.
        directory: A scratch directory of this database alone; it holds profiles.yml, the DuckDB
            file, and what dbt writes.
        name: The PostgreSQL database, or the DuckDB file's base name.
        server: The PostgreSQL server, None for DuckDB.
        file_name: What the DuckDB file is called.
    """

    engine: Engine
    directory: Path
    name: str
    server: PostgresServer | None = None
    file_name: str = DUCKDB_FILE_NAME

    @property
    def path(self) -> Path:
        """The DuckDB file; it exists once somebody wrote to it."""
        if self.engine != "duckdb":
            raise ValueError("only a DuckDB database is a file")
        return self.directory / self.file_name

    def env(self) -> dict[str, str]:
        """Return the environment in which loader and dbt both work on this database."""
        env = {
            "DBT_PROFILES_DIR": str(self.directory),
            "EVENTS_TARGET": self.engine,
        }
        if self.server is None:
            return env | {"EVENTS_DUCKDB_PATH": str(self.path)}
        return env | self.server.env(self.name)

    def connect(self) -> Any:
        """Open a DB-API connection in UTC that commits each statement.

        Close it before dbt or another process uses the same DuckDB file.
        """
        if self.server is not None:
            return self.server.connect(self.name)
        return quiet_duckdb.connect(self.path)

    def log_in(self, user: str, password: str) -> psycopg.Connection:
        """Connect to PostgreSQL as another user, with each statement committed."""
        env = self.env()
        return psycopg.connect(
            host=env["PGHOST"],
            port=env["PGPORT"],
            dbname=self.name,
            user=user,
            password=password,
            autocommit=True,
        )

    def query(self, statement: str, parameters: Sequence[Any] | None = None) -> list[Any]:
        """Run one statement on a connection of its own and return its rows as tuples."""
        connection = self.connect()
        try:
            cursor = connection.execute(statement, parameters)
            # psycopg has no rows to fetch after a statement that is no query
            return [] if cursor.description is None else list(cursor.fetchall())
        finally:
            connection.close()

    def execute(self, statement: str, parameters: Sequence[Any] | None = None) -> None:
        """Run one statement for its effect."""
        self.query(statement, parameters)

    def columns(self, relation: str) -> list[tuple[str, str]]:
        """Return name and type of each column of `schema.relation`, in order."""
        schema, name = relation.split(".")
        return [
            (column, data_type)
            for column, data_type in self.query(
                "select column_name, lower(data_type) from information_schema.columns"
                f" where table_schema = '{schema}' and table_name = '{name}'"
                " order by ordinal_position"
            )
        ]

    def rows(self, relation: str) -> list[tuple[Any, ...]]:
        """Return all rows of `schema.relation`, sorted, so that two engines can be compared."""
        return sorted(self.query(f"select * from {relation}"), key=repr)

    def clone_to(self, target: Database) -> None:
        """Copy all that is in this database to one of the same engine, replacing what is there."""
        if self.server is not None:
            self.server.drop_database(target.name)
            self.server.create_database(target.name, template=self.name)
        elif self.path.exists():
            # what is still in the log beside the file would not come along
            self.execute("checkpoint")
            shutil.copyfile(self.path, target.path)


def new_database(
    engine: Engine,
    directory: Path,
    server: PostgresServer | None = None,
    like: Database | None = None,
) -> Database:
    """Create a database.

    Args:
        engine: duckdb or postgres.
        directory: An existing directory for this database alone.
        server: Where to create a PostgreSQL database.
        like: A database to copy, with all that was loaded and built in it; far cheaper than
            loading and building again.

    Returns:
        The new database; empty without `like`.
    """
    shutil.copyfile(REPOSITORY / "profiles.example.yml", directory / "profiles.yml")
    if engine == "duckdb":
        database = Database(engine, directory, Path(DUCKDB_FILE_NAME).stem)
    else:
        if server is None:
            raise ValueError("a PostgreSQL database needs a server")
        database = Database(engine, directory, f"test_{uuid.uuid4().hex}", server)
    if like is not None:
        like.clone_to(database)
    elif server is not None and engine == "postgres":
        server.create_database(database.name)
    return database


@contextmanager
def passing_server(directory: Path) -> Iterator[PostgresServer]:
    """An embedded PostgreSQL server whose databases nobody needs once the block ends."""
    with embedded_server(directory) as server:
        with server.connect() as connection:
            # Durability against a crash of the machine costs time and protects nothing here.
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"alter system set {setting} = off")
            connection.execute("select pg_reload_conf()")
        yield server
