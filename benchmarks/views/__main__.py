"""`make bench`: generate events, load, build, read every view, append 1 % more, refresh."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
from psycopg import sql

from benchmarks.views.databases import REPOSITORY, Database
from benchmarks.views.events import SIZES, prepare
from benchmarks.views.funnel_growth import measure_funnel_growth
from benchmarks.views.measurements import Figures, measure
from benchmarks.views.report import write, write_plots
from scripts.postgres import PostgresServer, embedded_server, server_from_environment

CACHE = REPOSITORY / ".cache" / "benchmarks"
RESULTS = REPOSITORY / "benchmarks" / "results"
#: What docs/rollups.md recommends for a server that holds events, for a machine of 8 GB or more.
SETTINGS = {"shared_buffers": "2GB", "work_mem": "64MB", "max_wal_size": "8GB"}


@click.command()
@click.option("--size", type=click.Choice(list(SIZES)), default="1m", show_default=True)
@click.option("--engine", type=click.Choice(["duckdb", "postgres", "both"]), default="both")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--batch", type=click.IntRange(10), help="Events of a batch; else 1 % of the size.")
@click.option(
    "--part",
    "parts",
    type=click.Choice(["views", "rollups", "growth", "funnels"]),
    multiple=True,
    default=["views", "rollups"],
    show_default=True,
    help="Without roll-ups; with them; refreshes only; the funnel by events per user.",
)
def main(size: str, engine: str, rounds: int, batch: int | None, parts: tuple[str, ...]) -> None:
    """Measure the views and their roll-ups, and write tables and plots to benchmarks/results."""
    events = prepare(CACHE / "events", SIZES[size], rounds + 1, batch or SIZES[size] // 100)
    all_figures: list[Figures] = []
    with ExitStack() as stack:
        for one in ("duckdb", "postgres") if engine == "both" else (engine,):
            work = CACHE / f"views-{one}-{size}"
            made = _database(stack, one, work)
            if "funnels" in parts:
                all_figures += measure_funnel_growth(made, CACHE, rounds)
            else:
                all_figures.append(measure(made, events, rounds, frozenset(parts)))
    settings = {
        "size": size,
        "rounds": rounds,
        "batch": events.batch_events,
        "cores": os.cpu_count(),
    }
    name = "funnels" if "funnels" in parts else f"views-{size}"
    name = name if engine == "both" else f"{name}-{engine}"
    name = f"{name}-growth" if "growth" in parts else name
    click.echo(write(RESULTS, name, settings, all_figures))
    write_plots(RESULTS, CACHE / "views.html")
    click.echo(f"Plots: {(CACHE / 'views.html').relative_to(REPOSITORY)}")


def _database(stack: ExitStack, engine: str, work: Path) -> Database:
    if engine == "duckdb":
        return Database("duckdb", work)
    server = server_from_environment(os.environ)
    if server is None:
        server = stack.enter_context(embedded())
    return Database("postgres", work, server, "event_analytics_bench_views")


@contextmanager
def embedded() -> Iterator[PostgresServer]:
    """An embedded PostgreSQL with the settings above, which take a start of their own."""
    directory = CACHE / "postgres-views"
    with embedded_server(directory) as server, server.connect() as connection:
        for name, value in SETTINGS.items():
            connection.execute(
                sql.SQL("alter system set {} = {}").format(sql.Identifier(name), sql.Literal(value))
            )
    with embedded_server(directory) as server:
        yield server


if __name__ == "__main__":
    main()
