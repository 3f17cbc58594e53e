"""CPU seconds of reading each public view on ClickHouse beside DuckDB, built of the same events.

    python -m benchmarks.clickhouse 100000 1000000

Events are generated and appended by the loader to a DuckDB file and to ClickHouse's engine in a
process of its own (`scripts.clickhouse`), whose CPU time is what reading costs there. On DuckDB
views are read twice: computed from the events (`rollups: view`), and from what is kept
(`rollups: incremental`), which is the like of ClickHouse's tables. Both engines get two threads,
and a view is read when all its rows have left the engine as CSV. Beside some of them stands what
somebody would write by hand for ClickHouse over the events, which has to say the same. All of it
is written to benchmarks/results/. `--kept` leaves out views that DuckDB computes from the events,
which takes most of the time where events are many.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmarks.clickhouse_native import NATIVE
from benchmarks.measure import run
from benchmarks.views.databases import copy_project
from loader.quiet_duckdb import connect
from scripts.clickhouse import ClickHouseServer, embedded_server
from scripts.steps import REPOSITORY

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

RESULTS = REPOSITORY / "benchmarks" / "results"
EVENTS_PER_USER = 60
DAYS = 270
READS = 5
# With a process's number, the clock of what all its threads have run (clock_getcpuclockid).
_ALL_THREADS = 2
MODES = ("view", "incremental")
# What the goals are about: of DuckDB's CPU, at most half for these and all of it for others.
HALVED = ("funnel", "retention")
SLOWEST = 15


@dataclass
class Place:
    """A copy of the project and what leads to its database.

    Attributes:
        directory: The copy, with profiles.yml and the benchmark's definitions.
        environment: Of processes that work on it.
        used: CPU seconds of what serves it so far; 0 where its processes do all themselves.
    """

    directory: Path
    environment: dict[str, str]
    used: Callable[[], float]

    def loader(self, *arguments: str) -> float:
        """Run the loader; return the CPU seconds of it and the server."""
        return self._run("loader", *arguments)

    def build(self, rollups: str) -> float:
        """Make everything anew without tests; return the CPU seconds of dbt and the server."""
        return self._run(
            *("dbt.cli.main", "build", "--full-refresh", "--threads", "1", "--no-use-colors"),
            *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
            *("--vars", json.dumps({"rollups": rollups}), "--project-dir", str(self.directory)),
            *("--target-path", str(self.directory / "target")),
            *("--log-path", str(self.directory / "logs")),
        )

    def slowest(self) -> dict[str, float]:
        """The models of the last build that took longest, in seconds of wall-clock time."""
        read = (self.directory / "target" / "run_results.json").read_text(encoding="utf-8")
        taken = {
            result["unique_id"].split(".")[-1]: float(result["execution_time"])
            for result in json.loads(read)["results"]
        }
        return dict(sorted(taken.items(), key=lambda item: -item[1])[:SLOWEST])

    def public_views(self) -> list[str]:
        """The names of all public views, from dbt's manifest."""
        read = (self.directory / "target" / "manifest.json").read_text(encoding="utf-8")
        return sorted(
            node["name"]
            for node in json.loads(read)["nodes"].values()
            if node["resource_type"] == "model" and node["access"] == "public"
        )

    def _run(self, module: str, *arguments: str) -> float:
        before = self.used()
        ended = run([sys.executable, "-m", module, *arguments], self.environment)
        return ended.cpu_seconds + self.used() - before


@dataclass
class Figures:
    """CPU seconds at one size; of reads the least of several, by view and by who read it."""

    events: int
    load: dict[str, float] = field(default_factory=dict)
    build: dict[str, float] = field(default_factory=dict)
    nothing: dict[str, float] = field(default_factory=dict)
    reads: dict[str, dict[str, float]] = field(default_factory=dict)
    slowest: dict[str, float] = field(default_factory=dict)
    by_hand: dict[str, float] = field(default_factory=dict)

    def add_reads(self, who: str, views: list[str], read: Callable[[str], float]) -> None:
        """Read each view several times, and a query of nothing, for what any of them costs."""
        self.nothing[who] = min(read("(select 1)") for _ in range(READS))
        for view in views:
            self.reads.setdefault(view, {})[who] = min(
                read(f"analytics.{view}") for _ in range(READS)
            )


@click.command()
@click.argument("sizes", type=int, nargs=-1, required=True)
@click.option("--kept", is_flag=True, help="On DuckDB only what is kept.")
@click.option(
    "--directory", type=click.Path(path_type=Path), default=Path(".cache/bench-clickhouse")
)
def main(sizes: tuple[int, ...], directory: Path, *, kept: bool) -> None:
    """Measure, print tables and write them to benchmarks/results/."""
    # what is meant for the user's own database could lead away from these
    for name in [name for name in os.environ if name.startswith(("DBT_", "EVENTS_"))]:
        del os.environ[name]
    for size in sizes:
        figures = measure(size, directory.resolve(), MODES[1:] if kept else MODES)
        written = RESULTS / f"clickhouse-{name_of(size)}"
        text = json.dumps(asdict(figures), indent=1) + "\n"
        written.with_suffix(".json").write_text(text, encoding="utf-8")
        written.with_suffix(".md").write_text(table(figures), encoding="utf-8")
        click.echo(table(figures))


def measure(size: int, directory: Path, modes: Sequence[str]) -> Figures:
    """Load, build and read on both engines."""
    events = generated(size, directory)
    figures = Figures(size)
    place = directory / "work"
    shutil.rmtree(place, ignore_errors=True)
    with embedded_server(place / "server") as server:
        duckdb = Place(
            copy_project(place / "duckdb"),
            environment(
                place / "duckdb", "duckdb", EVENTS_DUCKDB_PATH=str(place / "events.duckdb")
            ),
            lambda: 0.0,
        )
        clickhouse = Place(
            copy_project(place / "clickhouse"),
            environment(place / "clickhouse", "clickhouse", **server.env()),
            lambda: server_cpu(server),
        )
        for engine, loaded in (("DuckDB", duckdb), ("ClickHouse", clickhouse)):
            loaded.loader("init")
            figures.load[engine] = loaded.loader("append", str(events))
        figures.build["ClickHouse"] = clickhouse.build("view")
        figures.slowest = clickhouse.slowest()
        client = server.connect()
        for mode in modes:
            figures.build[f"DuckDB, {mode}"] = duckdb.build(mode)
            views = duckdb.public_views()
            figures.add_reads(
                f"DuckDB, {mode}", views, lambda view: read_duckdb(place / "events.duckdb", view)
            )
        figures.add_reads("ClickHouse", views, lambda view: read_clickhouse(client, server, view))
        for view, native in NATIVE.items():
            by_hand, of_view = (
                client.query(query).result_rows for query in (native.by_hand, native.of_view)
            )
            if by_hand != of_view:
                raise click.ClickException(f"{view} and the query by hand have other rows.")
            figures.by_hand[view] = min(
                read_clickhouse(client, server, f"({native.by_hand})") for _ in range(READS)
            )
        client.close()
    return figures


def environment(project: Path, target: str, **reached: str) -> dict[str, str]:
    """What leads a process to a database; its settings are in the copy of the project."""
    chosen = {"DBT_PROFILES_DIR": str(project), "EVENTS_TARGET": target}
    return os.environ | chosen | reached | {"PYTHONPATH": str(REPOSITORY)}


def generated(size: int, directory: Path) -> Path:
    """A Parquet file of generated events; made once."""
    events = directory / f"events-{size}.parquet"
    if not events.exists():
        directory.mkdir(parents=True, exist_ok=True)
        command = ["--events", str(size), "--users", str(size // EVENTS_PER_USER)]
        command += ["--days", str(DAYS), "--format", "parquet", "--output", str(events)]
        run([sys.executable, "-m", "loader", "generate", *command], os.environ)
    return events


def server_cpu(server: ClickHouseServer) -> float:
    """CPU seconds of a server's process so far, by Linux's clock of that process."""
    if server.pid is None:
        raise ValueError("this server is not ours to measure")
    return time.clock_gettime((~server.pid << 3) | _ALL_THREADS)


def read_duckdb(file: Path, view: str) -> float:
    """CPU seconds of this process while it reads a view."""
    with connect(file, read_only=True) as connection:
        connection.execute("set threads = 2")
        used = time.process_time()
        connection.execute(f"copy (select * from {view}) to '/dev/null' (format csv)")
        return time.process_time() - used


def read_clickhouse(client: Client, server: ClickHouseServer, view: str) -> float:
    """CPU seconds of the server while it sends a view."""
    used = server_cpu(server)
    client.raw_query(f"select * from {view}", fmt="CSV", settings={"max_threads": 2})
    return server_cpu(server) - used


def table(figures: Figures) -> str:
    """Figures as Markdown."""
    kept = f"DuckDB, {MODES[1]}"
    columns = [*(name for name in figures.build if name != "ClickHouse"), "ClickHouse"]
    option = "" if len(columns) > len(MODES) else " --kept"
    how = (
        f"`python -m benchmarks.clickhouse {figures.events}{option}`: CPU seconds, of reads "
        f"the least of {READS}, with the definitions of benchmarks/seeds. "
        f"The ratio is that of ClickHouse to {kept}; by hand is a query over the events, of one "
        "funnel, of one retention."
    )
    empty = " |" * (len(columns) - 2)
    loaded, nothing = figures.load, figures.nothing
    lines = [
        f"# Reading views on ClickHouse and DuckDB, {figures.events:,} events",
        "",
        how,
        "",
        f"| | {' | '.join(columns)} | ratio | goal | by hand |",
        f"| --- |{' --: |' * (len(columns) + 3)}",
        f"| append | {loaded['DuckDB']:.1f} |{empty} {loaded['ClickHouse']:.1f} | | | |",
        f"| build | {' | '.join(f'{figures.build[column]:.1f}' for column in columns)} | | | |",
        f"| select 1 | {' | '.join(f'{nothing[column]:.3f}' for column in columns)} | | | |",
    ]
    for view, reads in figures.reads.items():
        goal = 0.5 if any(word in view for word in HALVED) else 1
        taken = " | ".join(f"{reads[column]:.3f}" for column in columns)
        ratio = reads["ClickHouse"] / max(reads[kept], 0.001)
        by_hand = f"{figures.by_hand[view]:.3f}" if view in figures.by_hand else ""
        lines.append(f"| {view} | {taken} | {ratio:.2f} | {goal} | {by_hand} |")
    sums = {column: sum(reads[column] for reads in figures.reads.values()) for column in columns}
    taken = " | ".join(f"{total:.3f}" for total in sums.values())
    lines.append(f"| all views | {taken} | {sums['ClickHouse'] / sums[kept]:.2f} | | |")
    lines += ["", "The longest of ClickHouse's build, in seconds of one thread of dbt:", ""]
    lines += ["| | |", "| --- | --: |"]
    lines += [f"| {model} | {taken:.1f} |" for model, taken in figures.slowest.items()]
    return "\n".join(lines) + "\n"


def name_of(size: int) -> str:
    """A size as names of files have it: 100k, 10m."""
    million = 1_000_000
    return f"{size // million}m" if size >= million else f"{size // 1000}k"


if __name__ == "__main__":
    main()
