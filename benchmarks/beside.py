"""This checkout beside another one: `make bench-beside OTHER=directory`.

Loading, building, refreshing and reading, each a process of its own. The two take turns, so that a
busy moment of the machine hits both.
"""

from __future__ import annotations

import statistics
from contextlib import ExitStack
from pathlib import Path

import click

from benchmarks.measure import Run
from benchmarks.views.__main__ import CACHE, RESULTS, embedded
from benchmarks.views.databases import REPOSITORY, WITHOUT_TESTS, Database
from benchmarks.views.events import SIZES, prepare


@click.command()
@click.argument("other", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--size", type=click.Choice(list(SIZES)), default="1m", show_default=True)
@click.option("--engine", type=click.Choice(["duckdb", "postgres"]), default="duckdb")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
def main(other: Path, size: str, engine: str, rounds: int) -> None:
    """Measure this checkout and OTHER, and write a table to benchmarks/results."""
    events = prepare(CACHE / "events", SIZES[size], 2, SIZES[size] // 100)
    runs: dict[str, tuple[list[Run], list[Run]]] = {}
    with ExitStack() as stack:
        server = stack.enter_context(embedded()) if engine == "postgres" else None
        databases = [
            Database(
                engine,
                CACHE / f"beside-{name}",
                server,
                f"event_analytics_bench_{name}",
                checkout=checkout.resolve(),
            )
            for name, checkout in (("this", REPOSITORY), ("other", other))
        ]

        def measure(what: str, measured: list[Run]) -> None:
            for place, one in enumerate(measured):
                runs.setdefault(what, ([], []))[place].append(one)
            click.echo(f"{what}: {[round(one.seconds, 2) for one in measured]}", err=True)

        for _ in range(rounds):
            for one in databases:
                one.create()
            measure("append", [one.append(events.first) for one in databases])
            measure("build, nothing kept", [one.build("view", *WITHOUT_TESTS) for one in databases])
            for view in databases[1].public_views():
                query = f"select * from analytics.{view}"
                measure(f"read {view}", [one.read(query) for one in databases])
            measure(
                "build, facts kept", [one.build("incremental", *WITHOUT_TESTS) for one in databases]
            )
            for view in databases[1].public_views():
                query = f"select * from analytics.{view}"
                measure(f"read {view}, facts kept", [one.read(query) for one in databases])
            measure("refresh with nothing new", [one.refresh() for one in databases])
            for batch in events.batches:
                measure("append 1 %", [one.append(batch) for one in databases])
                measure("refresh after 1 %", [one.refresh() for one in databases])
            for one in databases:
                one.drop()
    table = [
        f"size {size}, {engine}, rounds {rounds}, medians in seconds\n",
        "| what | this | other | this / other |",
        "|---|---|---|---|",
        *(_row(what, *both) for what, both in runs.items()),
        _row(
            "all readings",
            *(
                _sums([both[place] for what, both in runs.items() if _is_read(what)])
                for place in (0, 1)
            ),
        ),
    ]
    text = "\n".join(table) + "\n"
    (RESULTS / f"beside-{size}-{engine}.md").write_text(text, encoding="utf-8")
    click.echo(text)


def _is_read(what: str) -> bool:
    return what.startswith("read ")


def _sums(runs: list[list[Run]]) -> list[Run]:
    """All readings of each round as one run."""
    return [
        Run(
            sum(one.seconds for one in of_round),
            sum(one.cpu_seconds for one in of_round),
            max(one.peak_bytes for one in of_round),
        )
        for of_round in zip(*runs, strict=True)
    ]


def _row(what: str, this: list[Run], other: list[Run]) -> str:
    ratios = [one.seconds / another.seconds for one, another in zip(this, other, strict=True)]
    seconds = [statistics.median(one.seconds for one in runs) for runs in (this, other)]
    return f"| {what} | {seconds[0]:.2f} | {seconds[1]:.2f} | {statistics.median(ratios):.2f} |"


if __name__ == "__main__":
    main()
