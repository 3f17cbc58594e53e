"""What a query does, step by step: the plan that an engine ran, as an indented list."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.views.databases import Database

#: Steps that take less than this share of the time, all below them included, are left out.
LEAST_SHARE = 0.03
#: So are those that take less than this share themselves, and what is below takes their place.
LEAST_OWN_SHARE = 0.01


@dataclass
class Step:
    """One operator of a plan.

    Attributes:
        title: What it is, of which table or kind.
        rows: Rows that came out of it.
        seconds: With all that is below it: CPU seconds of all threads on DuckDB, seconds of the
            clock on PostgreSQL.
        on_disk: Whether it did not fit into memory.
        below: What its rows come from.
    """

    title: str
    rows: int
    seconds: float
    on_disk: bool = False
    below: list[Step] = field(default_factory=list)


def plan(database: Database, query: str) -> str:
    """Run a query and return its plan, a line for each step that took a share of the time."""
    [row] = database.rows(f"explain (analyze, format json) {query}")
    if database.engine == "duckdb":
        root = _duckdb_step(json.loads(row[1])["children"][0])
        [root] = root.below  # what explains
    else:
        root = _postgres_step(row[0][0]["Plan"], in_workers=False)
    return "\n".join(_lines(root, 0, root.seconds))


def _lines(step: Step, depth: int, all_seconds: float) -> Iterator[str]:
    own_seconds = step.seconds - sum(below.seconds for below in step.below)
    if not step.below or own_seconds >= all_seconds * LEAST_OWN_SHARE:
        disk = ", on disk" if step.on_disk else ""
        yield f"{'  ' * depth}{step.title}: {step.rows:,} rows, {step.seconds:.2f} s{disk}"
        depth += 1
    for below in step.below:
        if below.seconds >= all_seconds * LEAST_SHARE:
            yield from _lines(below, depth, all_seconds)


def _duckdb_step(node: Mapping[str, Any]) -> Step:
    said = node["extra_info"]
    kind = [said.get("Join Type", ""), said.get("Table", "").rsplit(".", maxsplit=1)[-1]]
    return Step(
        " ".join([node["operator_name"].strip().lower().replace("_", " "), *filter(None, kind)]),
        node["operator_cardinality"],
        node["cpu_time"],
        below=[_duckdb_step(child) for child in node["children"]],
    )


def _postgres_step(node: Mapping[str, Any], *, in_workers: bool) -> Step:
    loops = node["Actual Loops"]
    kind = [
        {"Hashed": "by hash", "Sorted": "of sorted rows"}.get(node.get("Strategy", ""), ""),
        f"({node['Join Type'].lower()})" if "Join Type" in node else "",
        node.get("Relation Name") or node.get("CTE Name") or "",
        f"for {node['Subplan Name'].removeprefix('CTE ')}" if "Subplan Name" in node else "",
    ]
    return Step(
        " ".join([node["Node Type"].lower(), *filter(None, kind)]),
        round(node["Actual Rows"] * loops),
        # of steps in workers the time is that of each
        node["Actual Total Time"] / 1000 * (1 if in_workers else loops),
        on_disk=_is_on_disk(node),
        below=[
            _postgres_step(child, in_workers=in_workers or node["Node Type"].startswith("Gather"))
            for child in _children(node)
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
