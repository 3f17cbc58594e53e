"""`loader append` beside the fastest way that each engine has of its own: `make bench-load`.

Every case is a process of its own, timed from start to end. The cases take turns, so that a busy
moment of the machine hits all of them, and each round starts from empty tables.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from benchmarks.loading_dlt import Targets, dlt_cases, dlt_version
from benchmarks.loading_targets import DuckDB, Input, Postgres, loader
from benchmarks.measure import Case, Work, run, write_results
from scripts.postgres import PostgresServer, embedded_server, server_from_environment

REPOSITORY = Path(__file__).resolve().parents[1]
CACHE = REPOSITORY / ".cache" / "benchmarks"
RESULTS = REPOSITORY / "benchmarks" / "results"
SIZES = {"100k": 100_000, "1m": 1_000_000, "5m": 5_000_000, "10m": 10_000_000}

# The first delivery of each event, in the order of the file: what the loader appends.
WRITE_CSV = """
import sys
from loader.quiet_duckdb import connect
source, target = sys.argv[1:]
connect().sql(f'''
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


@contextmanager
def server() -> Iterator[PostgresServer]:
    """The server that PGHOST names, else an embedded one with PostgreSQL's own settings."""
    if named := server_from_environment(os.environ):
        yield named
        return
    with embedded_server(CACHE / "postgres") as embedded:
        yield embedded


def cases(postgres: Postgres, duckdb: DuckDB, *, first_only: bool) -> list[Work]:
    """All cases in the order of a round; appending again follows appending."""
    copied = r"PostgreSQL: psql \copy, keyed table"
    beside = r"PostgreSQL: psql \copy, keyed table, as many others there"
    inserted = "DuckDB: insert … select from read_json"
    appended = "PostgreSQL: loader append"
    first: list[Work] = [
        (Case(appended, copied, 1.05, shows_memory=True), postgres.append),
        (Case(copied), lambda: postgres.copy("events")),
        (Case("DuckDB: loader append", inserted, 1.5, shows_memory=True), duckdb.append),
        (Case(inserted), duckdb.insert),
    ]
    if first_only:
        return first
    return [
        first[0],
        (
            Case(f"{appended}, the same file again", copied, 1.15, shows_memory=True),
            postgres.append_again,
        ),
        (
            Case(f"{appended}, a fifth of it there", copied, 1.15, shows_memory=True),
            lambda: postgres.append("a_fifth"),
        ),
        first[1],
        (
            Case(r"PostgreSQL: psql \copy, table without a key", copied),
            lambda: postgres.copy("unkeyed"),
        ),
        (
            Case(f"{appended}, as many others there", beside, 1.15, shows_memory=True),
            lambda: postgres.append("others"),
        ),
        (Case(beside), lambda: postgres.copy("events", "others")),
        first[2],
        (
            Case("DuckDB: loader append, the same file again", inserted, 1.5, shows_memory=True),
            duckdb.append_again,
        ),
        first[3],
    ]


@click.command()
@click.option("--size", type=click.Choice(list(SIZES)), default="1m", show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--first-only", is_flag=True, help="Only into empty tables.")
@click.option(
    "--dlt",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A Python that has dlt: time its merge, too.",
)
def main(size: str, rounds: int, first_only: bool, dlt: Path | None) -> None:
    """Measure loader append beside psql and DuckDB, and write the table to benchmarks/results."""
    work = prepare(SIZES[size], CACHE)
    profiles = CACHE / "profiles"
    profiles.mkdir(exist_ok=True)
    shutil.copyfile(REPOSITORY / "profiles.example.yml", profiles / "profiles.yml")
    with server() as running:
        postgres = Postgres(running, work, profiles)
        duckdb = DuckDB(CACHE, work, profiles)
        try:
            measured = cases(postgres, duckdb, first_only=first_only)
            if dlt:
                targets: Targets = {"PostgreSQL": postgres, "DuckDB": duckdb}
                measured += dlt_cases(dlt, CACHE, work, targets, first_only=first_only)
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
    settings: dict[str, object] = {
        "events": SIZES[size],
        "bytes": work.lines.stat().st_size,
        "rounds": rounds,
        "cores": os.cpu_count(),
    }
    name = f"loading-{size}"
    if dlt:
        name = f"loading-dlt-{size}"
        load = f"{os.getloadavg()[2]:.1f} in the last 15 minutes"
        settings |= {"dlt": dlt_version(dlt), "load average": load}
    click.echo(write_results(RESULTS / name, settings, [case for case, _ in measured]))


if __name__ == "__main__":
    main()
