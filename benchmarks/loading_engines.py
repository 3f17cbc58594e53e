"""`loader append` on each engine: many events, one percent more, and that percent again.

Run it as `python -m benchmarks.loading_engines`, with an environment that has clickhouse-connect
and chdb (`.cache/engines`). Every append is a process of its own; the engines take turns.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from benchmarks.loading_targets import loader
from benchmarks.measure import Case, run, write_results
from scripts.clickhouse import embedded_server as embedded_clickhouse
from scripts.postgres import embedded_server as embedded_postgres

REPOSITORY = Path(__file__).resolve().parents[1]
RESULTS = REPOSITORY / "benchmarks" / "results"
ENGINES = {"duckdb": "DuckDB", "postgres": "PostgreSQL", "clickhouse": "ClickHouse"}
STEPS = ("append", "one percent more", "that percent again")

SPLIT = """
import sys
from loader.quiet_duckdb import connect
generated, first, more, events = sys.argv[1:]
with connect() as connection:
    connection.execute(f'''
        create table lines as
        select line, row_number() over () as number
        from read_csv('{generated}', columns = {{line: 'varchar'}}, delim = '\\\\x01',
            quote = '', escape = '', header = false)
    ''')
    for path, condition in ((first, f'number <= {events}'), (more, f'number > {events}')):
        connection.execute(f'''
            copy (select line from lines where {condition} order by number)
            to '{path}' (format csv, header false, delim '\\\\x01', quote '', escape '')
        ''')
"""


@click.command()
@click.option("--events", default=1_000_000, show_default=True)
@click.option("--rounds", default=2, show_default=True)
def main(events: int, rounds: int) -> None:
    """Measure, and write the table to benchmarks/results."""
    cases = {
        (engine, step): Case(
            f"{name}: {step}",
            None if engine == "duckdb" else f"DuckDB: {step}",
            shows_memory=step == STEPS[0],
        )
        for step in STEPS
        for engine, name in ENGINES.items()
    }
    with tempfile.TemporaryDirectory(prefix="benchmark-engines-") as scratch:
        directory = Path(scratch)
        shutil.copyfile(REPOSITORY / "profiles.example.yml", directory / "profiles.yml")
        first, more = _inputs(directory, events)
        for number in range(rounds):
            for engine in ENGINES:
                with _environment(engine, directory / f"{engine}-{number}") as environment:
                    run(loader("init"), environment)
                    for step, path in zip(STEPS, (first, more, more), strict=True):
                        measured = run(loader("append", str(path)), environment)
                        cases[engine, step].runs.append(measured)
                        click.echo(f"{engine}: {step}: {measured.seconds:.2f} s", err=True)
    settings = {
        "events": events,
        "rounds": rounds,
        "cores": os.cpu_count(),
        "load average": f"{os.getloadavg()[2]:.1f} in the last 15 minutes",
    }
    click.echo(write_results(RESULTS / "loading-engines", settings, list(cases.values())))


def _inputs(directory: Path, events: int) -> tuple[Path, Path]:
    """JSON lines of so many events, and of a hundredth as many more."""
    generated = directory / "generated.jsonl"
    options = ["--events", str(events + events // 100), "--users", str(max(events // 50, 100))]
    run(loader("generate", *options, "--days", "270", "--output", str(generated)), dict(os.environ))
    first, more = directory / "first.jsonl", directory / "more.jsonl"
    run(
        [sys.executable, "-c", SPLIT, str(generated), str(first), str(more), str(events)],
        dict(os.environ),
    )
    return first, more


@contextmanager
def _environment(engine: str, directory: Path) -> Iterator[Mapping[str, str]]:
    """The environment that leads to empty tables of an engine."""
    directory.mkdir()
    environment = {
        **os.environ,
        "DBT_PROFILES_DIR": str(directory.parent),
        "EVENTS_TARGET": engine,
        "EVENTS_DUCKDB_PATH": str(directory / "events.duckdb"),
    }
    if engine == "postgres":
        with embedded_postgres(REPOSITORY / ".cache" / "benchmarks" / "postgres") as postgres:
            name = "benchmark_engines"
            postgres.drop_database(name)
            postgres.create_database(name)
            yield environment | postgres.env(name)
            postgres.drop_database(name)
    elif engine == "clickhouse":
        with embedded_clickhouse(directory / "data") as clickhouse:
            yield environment | clickhouse.env()
    else:
        yield environment


if __name__ == "__main__":
    main()
