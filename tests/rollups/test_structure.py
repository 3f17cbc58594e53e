"""What roll-ups need of the models around them, read from dbt's manifest."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.databases import REPOSITORY, new_database
from tests.support.run import run_dbt

CHECK_OF_SEEDS = "model.event_analytics.int_definition_errors"

Nodes = dict[str, Any]
KEPT = ("step", "fact", "count")


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Nodes:
    """The project's nodes by id, as they are where roll-ups are kept."""
    database = new_database("duckdb", tmp_path_factory.mktemp("manifest"), None, None)
    run_dbt("parse", database=database, variables={"rollups": "incremental"})
    manifest = json.loads((Path(database.directory) / "target" / "manifest.json").read_text())
    return dict(manifest["nodes"])


def ancestors(nodes: Nodes, unique_id: str, *, through_tables: bool) -> Iterator[str]:
    """What a node is computed from when it is read, or (through tables) ever."""
    for parent in nodes[unique_id]["depends_on"].get("nodes", []):
        if parent not in nodes:
            continue
        yield parent
        if through_tables or nodes[parent]["config"]["materialized"] not in KEPT:
            yield from ancestors(nodes, parent, through_tables=through_tables)


def test_public_views_read_roll_ups_and_not_the_events_that_are_due(nodes: Nodes) -> None:
    marts = [key for key, node in nodes.items() if node.get("access") == "public"]
    assert marts
    for mart in marts:
        read = set(ancestors(nodes, mart, through_tables=False))
        assert "model.event_analytics.int_arrivals" not in read, mart
        assert "model.event_analytics.stg_events" not in read, mart


def test_every_seed_that_a_roll_up_depends_on_makes_it_due_when_it_changes(nodes: Nodes) -> None:
    rollups = [key for key, node in nodes.items() if node["config"]["materialized"] in KEPT]
    assert rollups
    # It stops builds of faulty seeds, whichever these are, and gives no row to what is computed:
    # alerts, which only views read, need nobody computed again.
    nodes = {key: node for key, node in nodes.items() if key != CHECK_OF_SEEDS}
    watched = nodes["model.event_analytics.int_deliveries"]["depends_on"]["nodes"]
    for rollup in rollups:
        seeds = {
            parent
            for parent in ancestors(nodes, rollup, through_tables=True)
            if nodes[parent]["resource_type"] == "seed"
        }
        assert seeds <= set(watched), rollup


def test_steps_that_are_dropped_with_what_is_kept_are_those_of_refreshes(nodes: Nodes) -> None:
    macro = (REPOSITORY / "macros" / "kept" / "builds.sql").read_text(encoding="utf-8")
    _, _, listed = macro.partition("{% macro steps_of_refreshes() %}")
    dropped = set(re.findall(r"'(int_\w+)'", listed.partition("{% endmacro %}")[0]))
    only_in_refreshes = {
        path.stem
        for path in REPOSITORY.glob("models/facts/**/*.sql")
        if re.search(r"\*\*step\((decides=true)?\)", path.read_text(encoding="utf-8"))
    }
    assert dropped == only_in_refreshes
    assert only_in_refreshes <= {node["name"] for node in nodes.values()}
