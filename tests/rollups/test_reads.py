"""What a refresh reads: of the events what arrived, and of the models no one asks what is kept."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.metrics.logs import log
from tests.reference import Settings
from tests.rollups.projects import Project, some_events
from tests.support.databases import REPOSITORY, Database

# The two models of a refresh that read the events at all: when they arrived, and those that did.
READ_EVENTS = {"int_deliveries", "int_arrivals"}
MODE = re.compile(r"facts_are_kept|facts_are_stored|goes_on|refreshing|kept_rows|build_state")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_refresh_reads_of_the_events_what_arrived_and_nothing_else(project: Project) -> None:
    # the deliveries of the last day are looked at again, and the first ones are older then
    project.deliver(some_events()[-1:], hours=30)
    project.refresh(Settings())
    # the last of more, so that its id is new
    project.deliver(log(*["dan A 2024-03-02T10:00"] * 10)[-1:], hours=60)
    refreshed = project.refresh(Settings())
    queries = {
        run.node.name: run.node.compiled_code
        for run in refreshed.result.results
        if run.node.resource_type == "model"
    }
    assert {"int_deliveries", "fct_events", "agg_event_properties"} <= queries.keys()
    for name, query in queries.items():
        scans = list(scans_of_events(project.database, query))
        if name in READ_EVENTS:
            assert scans, name
            assert all(re.search(r"ingested_at\W*>=", scan) for scan in scans), (name, scans)
        else:
            assert not scans, (name, scans)


def scans_of_events(database: Database, query: str) -> Iterator[str]:
    """Each step of a query's plan that reads raw.events, with its conditions."""
    if database.engine == "postgres":
        [(plans,)] = database.query(f"explain (format json, verbose) {query}")
        yield from _postgres_scans(plans)
    else:
        [(*_, plan)] = database.query(f"explain (format json) {query}")
        yield from _duckdb_scans(json.loads(plan))


def _postgres_scans(part: Any) -> Iterator[str]:
    for inner in part.values() if isinstance(part, dict) else part:
        if isinstance(inner, dict | list):
            yield from _postgres_scans(inner)
    if isinstance(part, dict) and (part.get("Schema"), part.get("Relation Name")) == (
        "raw",
        "events",
    ):
        yield " ".join(str(part.get(name)) for name in ("Filter", "Recheck Cond", "Index Cond"))


def _duckdb_scans(nodes: list[dict[str, Any]]) -> Iterator[str]:
    for node in nodes:
        yield from _duckdb_scans(node["children"])
        information = node.get("extra_info", {})
        if str(information.get("Table", "")).endswith("raw.events"):
            yield str(information.get("Filters"))


def test_no_count_and_no_view_asks_what_is_kept() -> None:
    models = [
        *REPOSITORY.glob("models/counts/*.sql"),
        *REPOSITORY.glob("models/marts/**/*.sql"),
    ]
    assert len(models) > 30
    assert not [path.name for path in models if MODE.search(path.read_text(encoding="utf-8"))]


def test_workarounds_for_a_planner_stand_below_the_counts() -> None:
    models = [
        *REPOSITORY.glob("models/counts/*.sql"),
        *REPOSITORY.glob("models/marts/**/*.sql"),
    ]
    assert not [path.name for path in models if "hashed" in path.read_text(encoding="utf-8")]
