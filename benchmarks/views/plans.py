"""What a query does, step by step: the plan that an engine ran, as an indented list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.views.databases import Database

#: What is left out of a plan: all but so many steps, and steps with less than this share of the
#: time, what is below them not counted.
MOST_STEPS = 10
LEAST_SHARE = 0.02
#: Of an order by more columns only the first are named.
MOST_COLUMNS = 4

_WINDOW = re.compile(r"partition by (.*? order by .*?)(?: rows| range|\))", re.I)


@dataclass
class Step:
    """One operator of a plan.

    Attributes:
        title: What it is, of which table or kind.
        rows: Rows that came out of it.
        seconds: Without what is below it: CPU seconds of all threads on DuckDB, seconds of the
            clock on PostgreSQL.
        on_disk: Whether it did not fit into memory.
        below: What its rows come from.
    """

    title: str
    rows: int
    seconds: float
    on_disk: bool = False
    below: list[Step] = field(default_factory=list)

    def all_steps(self) -> Iterator[Step]:
        """The step itself and all that are below it."""
        yield self
        for step in self.below:
            yield from step.all_steps()


def plan(database: Database, query: str) -> str:
    """Run a query and return its plan, a line for each of the steps that took longest.

    A line begins with the step's share of the time, in percent, and is indented below the next of
    these steps that takes its rows.
    """
    [row] = database.rows(f"explain (analyze, format json) {query}")
    if database.engine == "duckdb":
        root = _duckdb_step(json.loads(row[1])["children"][0])
        [root] = root.below  # what explains
    else:
        root = _postgres_step(row[0][0]["Plan"], _seconds_of_ctes(row[0][0]["Plan"]))
    seconds = sorted((step.seconds for step in root.all_steps()), reverse=True)
    all_seconds = sum(seconds)
    least = max(seconds[:MOST_STEPS][-1], all_seconds * LEAST_SHARE)
    return "\n".join(_lines(root, 0, all_seconds, least))


def _lines(step: Step, depth: int, all_seconds: float, least: float) -> Iterator[str]:
    if step.seconds >= least:
        disk = ", on disk" if step.on_disk else ""
        share = f"{step.seconds / all_seconds:4.0%}"
        yield f"{share}  {'  ' * depth}{step.title}: {step.rows:,} rows{disk}"
        depth += 1
    for below in step.below:
        yield from _lines(below, depth, all_seconds, least)


def _duckdb_step(node: Mapping[str, Any]) -> Step:
    said = node["extra_info"]
    window = _WINDOW.search(str(said.get("Projections", "")))
    kind = [
        said.get("Join Type", ""),
        said.get("Table", "").rsplit(".", maxsplit=1)[-1],
        _by(re.split(", | order by ", window[1], flags=re.I)) if window else "",
    ]
    below = node["children"]
    return Step(
        " ".join([node["operator_name"].strip().lower().replace("_", " "), *filter(None, kind)]),
        node["operator_cardinality"],
        node["cpu_time"] - sum(child["cpu_time"] for child in below),
        below=[_duckdb_step(child) for child in below],
    )


def _by(keys: Sequence[str]) -> str:
    """The columns of an order, without where they come from, as far as they are columns."""
    names = [re.sub(r" .*", "", key).rsplit(".", maxsplit=1)[-1] for key in keys]
    columns = list(dict.fromkeys(name for name in names if re.fullmatch(r"\w+", name)))
    more = ", …" if len(columns) > MOST_COLUMNS else ""
    return f"by {', '.join(columns[:MOST_COLUMNS])}{more}" if columns else ""


def _seconds_of_ctes(node: Mapping[str, Any]) -> dict[str, float]:
    """Seconds of each CTE that PostgreSQL computes by itself; what reads it first waits for it."""
    found = {}
    for child in _children(node):
        found |= _seconds_of_ctes(child)
        if "Subplan Name" in child:
            found[child["Subplan Name"].removeprefix("CTE ")] = _postgres_seconds(child)
    return found


def _postgres_seconds(node: Mapping[str, Any], *, in_workers: bool = False) -> float:
    # of steps in workers the time is that of each
    loops = 1 if in_workers else node["Actual Loops"]
    seconds: float = node["Actual Total Time"] / 1000 * loops
    return seconds


def _postgres_step(
    node: Mapping[str, Any], ctes: Mapping[str, float], *, in_workers: bool = False
) -> Step:
    below_in_workers = in_workers or node["Node Type"].startswith("Gather")
    elsewhere = ctes.get(node.get("CTE Name", ""), 0) + sum(
        _postgres_seconds(child, in_workers=below_in_workers)
        for child in _children(node)
        if "Subplan Name" not in child
    )
    kind = [
        {"Hashed": "by hash", "Sorted": "of sorted rows"}.get(node.get("Strategy", ""), ""),
        f"({node['Join Type'].lower()})" if "Join Type" in node else "",
        node.get("Relation Name") or node.get("CTE Name") or "",
        f"for {node['Subplan Name'].removeprefix('CTE ')}" if "Subplan Name" in node else "",
        _by(node["Sort Key"]) if "Sort Key" in node else "",
    ]
    return Step(
        " ".join([node["Node Type"].lower(), *filter(None, kind)]),
        round(node["Actual Rows"] * node["Actual Loops"]),
        max(_postgres_seconds(node, in_workers=in_workers) - elsewhere, 0),
        on_disk=_is_on_disk(node),
        below=[
            _postgres_step(child, ctes, in_workers=below_in_workers) for child in _children(node)
        ],
    )


def _children(node: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    children: Sequence[Mapping[str, Any]] = node.get("Plans", [])
    return children


def _is_on_disk(node: Mapping[str, Any]) -> bool:
    return (
        node.get("Sort Space Type") == "Disk"
        or node.get("Disk Usage", 0) > 0
        or node.get("Hash Batches", 1) > 1
    )
