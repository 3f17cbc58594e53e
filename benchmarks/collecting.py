"""What `collector serve` takes, how fast it answers, what memory it needs: `make bench-collect`.

One collector, with its defaults; client, collector and PostgreSQL share the machine. Every rate
stands beside what the engine does in the same round without HTTP: batches beside `loader append`
of the same events from a file, single events beside a loop that inserts and commits row by row.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from benchmarks.collector import KEY, Database, collector, databases
from benchmarks.loading import CACHE, REPOSITORY, RESULTS, loader
from benchmarks.measure import run

ENGINES = ("postgres", "duckdb")
EVENTS = 300_000
WARM_UP = 2.0
#: What is aimed at: events or requests in a second, and milliseconds for 99 of 100 answers.
GOAL_EVENTS, GOAL_REQUESTS, GOAL_P99 = 25_000, 1_500, 250
INSERT = "insert into raw.events values ({}, 'e', now(), 'u', '{{}}', now())"
FILL = """
    insert into raw.events
    select gen_random_uuid(), 'e', now(), 'u', '{{}}', now() from {} as numbers
"""


@dataclass(frozen=True)
class Load:
    """Requests of ``batch`` events; ``rate`` in requests per second, 0 for all that it takes."""

    name: str
    batch: int
    connections: int
    rate: float = 0

    @property
    def baseline(self) -> str:
        """What its rate is compared with."""
        return "insert" if self.batch == 1 else "append"


LOADS = (
    Load("batches of 1,000", 1000, 4),
    Load("batches of 100", 100, 16),
    Load("single events", 1, 64),
    Load("batches of 100, at half the goal", 100, 128, GOAL_EVENTS / 100 / 2),
    Load("single events, at half the goal", 1, 128, GOAL_REQUESTS / 2),
)


def drive(port: int, load: Load, events: Path, seconds: float) -> dict[str, float]:
    """Let the driver send; what it found. RuntimeError if anything was refused."""
    command = [sys.executable, "-m", "benchmarks.driver"]
    options = {
        "--port": port,
        "--events": events,
        "--key": KEY,
        "--batch": load.batch,
        "--connections": load.connections,
        "--rate": load.rate,
        "--seconds": seconds,
        "--warm-up": WARM_UP,
    }
    command += [str(part) for option in options.items() for part in option]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=REPOSITORY)
    found: dict[str, float] = json.loads(done.stdout)
    if found["refused"]:
        raise RuntimeError(f"{load.name}: {found['refused']} requests were refused")
    return found


def measure(database: Database, load: Load, events: Path, seconds: float) -> None:
    """One load on empty tables; what was answered must be there, and nothing else."""
    database.empty()
    with collector(database) as (_, port):
        found = drive(port, load, events, seconds)
    stored = database.count()
    if stored != found["answered"] * load.batch:
        raise RuntimeError(f"{stored} events are there, {found['answered']} requests answered")
    names = ("requests_per_second", "events_per_second", "p50_ms", "p99_ms", "max_ms")
    database.note(load.name, {name: found[name] for name in names})


def append(database: Database, lines: Path) -> None:
    """`loader append` of a file: events per second, without the start of a process."""
    database.empty()
    idle = run(loader("append", os.devnull, "--format", "jsonl"), database.environment).seconds
    seconds = run(loader("append", str(lines)), database.environment).seconds
    database.note("append", {"events_per_second": database.count() / (seconds - idle)})


def insert(database: Database, seconds: float) -> None:
    """Insert row by row on one connection, each with a commit: requests per second."""
    database.empty()
    connection = database.connect()
    statement = INSERT.format(database.parameter)
    try:
        number, started = 0, time.monotonic()
        while time.monotonic() - started < seconds:
            connection.execute(statement, [uuid.uuid4()])
            number += 1
        database.note("insert", {"events_per_second": number / (time.monotonic() - started)})
    finally:
        connection.close()


def rows(database: Database) -> Iterator[dict[str, Any]]:
    """Medians over all rounds, and rates as ratios to the baselines of their rounds."""
    for load in LOADS:
        found = database.found[load.name]
        baselines = database.found[load.baseline]
        ratio = statistics.median(
            one["events_per_second"] / other["events_per_second"]
            for one, other in zip(found, baselines, strict=True)
        )
        row = {name: statistics.median(one[name] for one in found) for name in found[0]}
        yield {
            "engine": database.engine,
            "load": load.name,
            **{name: round(value, 1) for name, value in row.items()},
            "baseline": load.baseline,
            "ratio": round(ratio, 2),
            "goal": _goal(load),
        }


def _goal(load: Load) -> str:
    if load.rate:
        return f"p99 under {GOAL_P99} ms"
    return {
        100: f"{GOAL_EVENTS:,} events/s",
        1: f"{GOAL_REQUESTS:,} requests/s",
    }.get(load.batch, "")


def table(found: list[dict[str, Any]]) -> str:
    """The results for people."""
    lines = [
        "| engine | load | events/s | requests/s | p50 | p99 | beside | times its rate | goal |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    beside = {"append": "`loader append`", "insert": "inserts one by one"}
    lines += [
        f"| {row['engine']} | {row['load']} | {row['events_per_second']:,.0f} "
        f"| {row['requests_per_second']:,.0f} | {row['p50_ms']:.0f} ms | {row['p99_ms']:.0f} ms "
        f"| {beside[row['baseline']]} | {row['ratio']:.2f} | {row['goal']} |"
        for row in found
    ]
    return "\n".join(lines)


def fill(database: Database, events: int) -> None:
    """So many events that are there before."""
    numbers = {"duckdb": f"range({events})", "postgres": f"generate_series(1, {events})"}
    connection = database.connect()
    connection.execute(FILL.format(numbers[database.engine]))
    connection.close()


def watch_memory(
    database: Database, load: Load, events: Path, minutes: float, before: int
) -> dict[str, Any]:
    """Send at a fixed rate and look at the collector's resident memory every five seconds."""
    database.empty()
    fill(database, before)
    samples: list[tuple[float, int]] = []
    done = threading.Event()
    with collector(database) as (process, port):
        started = time.monotonic()

        def sample() -> None:
            while not done.wait(5):
                pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
                samples.append((time.monotonic() - started, pages * os.sysconf("SC_PAGE_SIZE")))

        thread = threading.Thread(target=sample)
        thread.start()
        try:
            found = drive(port, load, events, minutes * 60)
        finally:
            done.set()
            thread.join()
    stored = database.count() - before
    if stored != found["answered"] * load.batch:
        raise RuntimeError(f"{stored} events are there, {found['answered']} requests answered")
    by_minute: dict[int, list[int]] = {}
    for since, size in samples:
        by_minute.setdefault(int(since // 60), []).append(size)
    return {
        "engine": database.engine,
        "events_before": before,
        "events": stored,
        "events_per_second": round(found["events_per_second"]),
        "p99_ms": round(found["p99_ms"], 1),
        "megabytes_by_minute": [
            round(statistics.median(sizes) / 1e6, 1) for sizes in by_minute.values()
        ],
    }


def write(name: str, content: dict[str, Any], text: str) -> None:
    """Write what was found to benchmarks/results."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n")
    (RESULTS / f"{name}.md").write_text(f"{text}\n")
    click.echo(text)


@click.command()
@click.option("--engine", "engines", type=click.Choice(ENGINES), multiple=True, default=ENGINES)
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--seconds", type=click.FloatRange(1), default=8.0, show_default=True)
@click.option("--minutes", type=click.FloatRange(0), help="Watch the memory so long instead.")
@click.option("--rate", default=20.0, show_default=True, help="Batches of 100 per second then.")
@click.option("--before", default=0, help="Events that are there before.")
@click.option("--memory-limit", help="DuckDB's, in the settings of the profile.")
def main(  # noqa: PLR0913, PLR0917 (one parameter for each option)
    engines: tuple[str, ...],
    rounds: int,
    seconds: float,
    minutes: float | None,
    rate: float,
    before: int,
    memory_limit: str | None,
) -> None:
    """Measure a collector on both engines, and write the table to benchmarks/results."""
    CACHE.mkdir(parents=True, exist_ok=True)
    lines = CACHE / f"collecting-{EVENTS}.jsonl"
    if not lines.exists():
        unfinished = lines.with_suffix(".unfinished")
        generate = ["generate", "--events", str(EVENTS), "--users", str(EVENTS // 50)]
        run(loader(*generate, "--days", "270", "--output", str(unfinished), "--force"), os.environ)
        unfinished.rename(lines)
    events = CACHE / "collecting-sample.jsonl"
    with lines.open() as source, events.open("w") as sample:
        sample.writelines(line for _, line in zip(range(10_000), source, strict=False))
    with databases(engines, memory_limit) as made:
        if minutes is not None:
            load = Load(f"{rate:g} batches of 100 per second", 100, 16, rate)
            found = [watch_memory(database, load, events, minutes, before) for database in made]
            text = "\n".join(f"{one['engine']}: {one['megabytes_by_minute']} MB" for one in found)
            name = "-".join(["collecting-memory", *engines, *(["filled"] if before else [])])
            write(name, {"memory_limit": memory_limit, "runs": found}, text)
            return
        for _ in range(rounds):
            for database in made:
                append(database, lines)
                insert(database, seconds / 2)
                for load in LOADS:
                    measure(database, load, events, seconds)
        found = [row for database in made for row in rows(database)]
    settings = {"rounds": rounds, "seconds": seconds, "cores": os.cpu_count()}
    described = ", ".join(f"{key} {value:g}" for key, value in settings.items() if value)
    write("collecting", {**settings, "loads": found}, f"{described}\n\n{table(found)}")


if __name__ == "__main__":
    main()
