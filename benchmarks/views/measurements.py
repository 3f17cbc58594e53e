"""What is measured on one database: builds, refreshes and reading every view in full."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import Any

import click

from benchmarks.measure import Run
from benchmarks.views.databases import WITHOUT_TESTS, Database
from benchmarks.views.events import Events
from benchmarks.views.plans import plan
from benchmarks.views.queries import floor_query, same_rows, self_join_query

#: Joins of events to events, and the most events at which they are waited for: at a million, DuckDB
#: takes a minute or two over that of the funnel, PostgreSQL had not come to an end after four.
SELF_JOINS = {
    "cohort_retention": {"duckdb": 100_000_000, "postgres": 100_000_000},
    "funnel_conversion": {"duckdb": 1_000_000, "postgres": 100_000},
}
#: Of how many views, those that took longest, the report has the plan.
HEAVIEST = 5
#: Views that return large results, with goals of their own.
LARGE = ("event_paths", "funnel_users", "sessions", "user_churn")


@dataclass
class Figures:
    """All runs of one database, by what was run.

    Attributes:
        engine: duckdb or postgres.
        size: Events that were there at first.
        runs: For each name, one run per round.
        slowest: The steps of the last full rebuild that took longest, in seconds.
        plans: What the heaviest views do with roll-ups off, by view.
    """

    engine: str
    size: int
    runs: dict[str, list[Run]] = field(default_factory=dict)
    slowest: list[tuple[str, float]] = field(default_factory=list)
    plans: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, measured: Run) -> None:
        """Keep a run, and say so on standard error."""
        self.runs.setdefault(name, []).append(measured)
        click.echo(f"{self.engine}, {self.size} events: {name}: {measured.seconds:.2f} s", err=True)

    def seconds(self, name: str) -> float | None:
        """The median of all runs of that name; None where there is none."""
        runs = self.runs.get(name)
        return statistics.median(one.seconds for one in runs) if runs else None

    def ratio(self, name: str, baseline: str) -> float | None:
        """The median of the ratios to the baseline, round by round."""
        if name not in self.runs or baseline not in self.runs:
            return None
        pairs = zip(self.runs[name], self.runs[baseline], strict=False)
        return statistics.median(one.seconds / other.seconds for one, other in pairs)

    def as_json(self) -> dict[str, Any]:
        """All seconds and peaks, for a file."""
        return {
            "engine": self.engine,
            "events": self.size,
            "slowest": self.slowest,
            "runs": {
                name: {
                    "seconds": [round(one.seconds, 3) for one in runs],
                    "peak_megabytes": round(max(one.peak_bytes for one in runs) / 1e6),
                }
                for name, runs in self.runs.items()
            },
        }


def measure_views(database: Database, figures: Figures, rounds: int) -> None:
    """Read every view with roll-ups off, beside the hand-written query of the same rows.

    Raises:
        RuntimeError: A hand-written query has other rows than the view.
    """
    database.build("view", *WITHOUT_TESTS, "--full-refresh")
    for view in database.public_views():
        floor = floor_query(view, database.engine)
        ours = f"select * from analytics.{view}"
        if floor and not same_rows(database.rows(floor), database.rows(ours)):
            raise RuntimeError(f"the hand-written query for {view} has other rows than the view")
        cases = [(f"view {view}", ours), *([(f"hand-written {view}", floor)] if floor else [])]
        if figures.size <= SELF_JOINS.get(view, {}).get(database.engine, 0):
            cases.append((f"self-join {view}", self_join_query(view, database.engine)))
        _in_turns(rounds, [(name, database, query) for name, query in cases], figures)
    seconds = {view: figures.seconds(f"view {view}") or 0 for view in database.public_views()}
    for view in sorted(seconds, key=lambda view: -seconds[view])[:HEAVIEST]:
        figures.plans[view] = plan(database, f"select * from analytics.{view}")


def _in_turns(rounds: int, cases: list[tuple[str, Database, str]], figures: Figures) -> None:
    for _ in range(rounds):
        for name, database, query in cases:
            figures.add(name, database.read(query))


def measure_rollups(database: Database, events: Events, figures: Figures, rounds: int) -> None:
    """Rebuild, read every view, then append and refresh, with roll-ups that are kept."""
    for _ in range(rounds):
        figures.add("full rebuild", database.build("incremental", *WITHOUT_TESTS, "--full-refresh"))
    figures.slowest = database.slowest(12)
    figures.add("build with all tests", database.build("incremental", "--full-refresh"))
    for view in database.public_views():
        query = f"select * from analytics.{view}"
        _in_turns(rounds, [(f"rolled-up {view}", database, query)], figures)
    figures.add("build with nothing new", database.build("incremental", *WITHOUT_TESTS))
    figures.add("refresh with nothing new", database.refresh())
    measure_refreshes(database, events, figures)


def measure_refreshes(database: Database, events: Events, figures: Figures) -> None:
    """Append each batch and refresh after it; after the last one, build."""
    *batches, last = events.batches
    for batch in batches:
        figures.add("append 1 %", database.append(batch))
        figures.add("refresh after 1 %", database.refresh())
    figures.add("append 1 %", database.append(last))
    figures.add("build after 1 %", database.build("incremental", *WITHOUT_TESTS))


def measure(database: Database, events: Events, rounds: int, parts: frozenset[str]) -> Figures:
    """All parts that were asked for, on a database that is made for it and dropped at the end."""
    figures = Figures(database.engine, events.size)
    database.create()
    try:
        figures.add("append all", database.append(events.first))
        # as in any installation but on its first day
        database.age()
        if "views" in parts:
            measure_views(database, figures, rounds)
        if "rollups" in parts:
            measure_rollups(database, events, figures, rounds)
        elif "growth" in parts:
            figures.add("full rebuild", database.build("incremental", *WITHOUT_TESTS))
            figures.add("refresh with nothing new", database.refresh())
            measure_refreshes(database, events, figures)
    finally:
        database.drop()
    return figures
