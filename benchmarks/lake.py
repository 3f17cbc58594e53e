"""Parquet with a manifest beside DuckLake: appending, appending one percent more, and reading.

Run it as `python -m benchmarks.lake`; ``--python`` is one that has what the loader needs, and
benchmarks/requirements-ducklake.txt.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import click

from loader import quiet_duckdb
from loader.cli import cli

_STEPS = {
    "append": "append {events:,} events",
    "look": "a build's look at what is new: all of it",
    "append_more": "append one percent more",
    "look_more": "a build's look at what is new: one percent",
    "read": "daily active users of a year",
    "read_month": "daily active users of its last month",
}
_YEAR, _MONTH = "2024-01-01", "2024-12-01"


@click.command()
@click.option("--python", default=sys.executable, help="The Python that has DuckLake.")
@click.option("--events", default=1_000_000, help="How many events there are to begin with.")
@click.option("--rounds", default=3, help="How often each is measured, in turns.")
def main(python: str, events: int, rounds: int) -> None:
    """Measure both ways in turns, and print medians as a table."""
    taken: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="benchmark-lake-") as scratch:
        first, more = _inputs(Path(scratch), events)
        for number in range(rounds):
            for way in ("manifest", "ducklake"):
                directory = Path(scratch) / f"{way}-{number}"
                directory.mkdir()
                for step, arguments in (
                    ("create", ["create"]),
                    ("append", ["append", str(first)]),
                    ("look", ["look"]),
                    ("append_more", ["append", str(more)]),
                    ("look_more", ["look"]),
                    ("read", ["read", _YEAR]),
                    ("read_month", ["read", _MONTH]),
                ):
                    taken[way, step].append(_run(python, way, directory, arguments))
                if number == rounds - 1:
                    size = sum(path.stat().st_size for path in directory.rglob("*.parquet"))
                    click.echo(f"{way}: {size / 1e6:.0f} MB of Parquet", err=True)
    _print(taken, events, rounds)


def _inputs(scratch: Path, events: int) -> tuple[Path, Path]:
    """Checked events of a year, each once, and one percent more of its last days."""
    generated = scratch / "generated.parquet"
    options = ["--events", str(events + events // 100), "--users", str(max(events // 20, 100))]
    cli(
        ["generate", *options, "--days", "366", "--output", str(generated)],
        standalone_mode=False,
    )
    first, more = scratch / "first.parquet", scratch / "more.parquet"
    with quiet_duckdb.connect(config={"memory_limit": "2GB"}) as connection:
        connection.execute(f"""
            create table events as
            select
                event_id::uuid as event_id, event_name, event_time::timestamptz as event_time,
                user_id, properties::json as properties
            from read_parquet('{generated}')
            qualify row_number() over (partition by event_id) = 1
            order by event_time
        """)
        split = f"(select count(*) from events) - {events // 100}"
        connection.execute(
            f"copy (select * from events order by event_time limit ({split})) to '{first}'"
        )
        connection.execute(
            f"copy (select * from events order by event_time offset ({split})) to '{more}'"
        )
    generated.unlink()
    return first, more


def _run(python: str, way: str, directory: Path, arguments: list[str]) -> dict[str, float]:
    step, *rest = arguments
    ended = subprocess.run(
        [python, "-m", "benchmarks.lake_ways", way, step, str(directory), *rest],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, float] = json.loads(ended.stdout)
    return found


def _print(taken: dict[tuple[str, str], list[dict[str, float]]], events: int, rounds: int) -> None:
    version = taken["manifest", "read"][0]["duckdb"]
    click.echo(f"DuckDB {version}, two threads, median of {rounds} rounds (lowest to highest).")
    click.echo()
    click.echo("| | manifest: CPU | ducklake: CPU | manifest: MB read | ducklake: MB read |")
    click.echo("|---|---|---|---|---|")
    for step, title in _STEPS.items():
        cells = [
            _cell([run[column] for run in taken[way, step]], divisor)
            for column, divisor in (("cpu_seconds", 1.0), ("read_bytes", 1e6))
            for way in ("manifest", "ducklake")
        ]
        click.echo(f"| {title.format(events=events)} | {' | '.join(cells)} |")


def _cell(values: list[float], divisor: float) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle / divisor:.2f} ({low / divisor:.2f} to {high / divisor:.2f})"


if __name__ == "__main__":
    main()
