"""The catalog says what every table, view and column is, and says it of what was built."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from scripts.catalog import findings
from tests.support.demo import DemoRun
from tests.support.run import run_dbt

MANIFEST: dict[str, Any] = {
    "nodes": {
        "model.p.users": {
            "resource_type": "model",
            "name": "users",
            "description": "One row per user.",
            "config": {"materialized": "view"},
            "columns": {
                "user_id": {"name": "user_id", "description": "Who."},
                "events": {"name": "events", "description": "How many."},
            },
        },
        "model.p.step": {
            "resource_type": "model",
            "name": "step",
            "description": "",
            "config": {"materialized": "ephemeral"},
            "columns": {},
        },
        "test.p.not_null": {"resource_type": "test", "name": "not_null"},
    },
    "sources": {
        "source.p.raw.events": {
            "resource_type": "source",
            "name": "events",
            "description": "As sent.",
            "columns": {"event_id": {"name": "event_id", "description": "Its id."}},
        }
    },
}
CATALOG: dict[str, Any] = {
    "nodes": {
        "model.p.users": {
            "columns": {
                "events": {"name": "events", "index": 2},
                "user_id": {"name": "user_id", "index": 1},
            }
        }
    },
    "sources": {"source.p.raw.events": {"columns": {"event_id": {"name": "event_id", "index": 1}}}},
}

Change = Callable[[dict[str, Any], dict[str, Any]], object]


def test_a_complete_catalog_has_no_findings() -> None:
    assert findings(MANIFEST, CATALOG) == []


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (
            lambda users, _: users.update(description=" "),
            "model users has no description",
        ),
        (
            lambda users, _: users["columns"]["events"].update(description=""),
            "model users: column events has no description",
        ),
        (
            lambda users, _: users["columns"].pop("events"),
            "model users: column events is not described",
        ),
        (
            lambda _, built: built["columns"].pop("events"),
            "model users: column events is described but does not exist",
        ),
        (
            lambda _, built: built["columns"]["events"].update(index=0),
            (
                "model users: columns are described as ['user_id', 'events']"
                " but built as ['events', 'user_id']"
            ),
        ),
    ],
)
def test_each_disagreement_is_found(change: Change, finding: str) -> None:
    manifest, catalog = copy.deepcopy(MANIFEST), copy.deepcopy(CATALOG)
    change(manifest["nodes"]["model.p.users"], catalog["nodes"]["model.p.users"])
    assert findings(manifest, catalog) == [finding]


def test_what_was_not_built_is_found() -> None:
    assert findings(MANIFEST, {"nodes": {}, "sources": {}}) == [
        "model users is not in the database",
        "source events is not in the database",
    ]


def test_a_source_without_a_description_is_found() -> None:
    manifest = copy.deepcopy(MANIFEST)
    manifest["sources"]["source.p.raw.events"]["columns"]["event_id"]["description"] = ""
    assert findings(manifest, CATALOG) == ["source events: column event_id has no description"]


@pytest.mark.slow
def test_documentation_and_database_agree(demo: DemoRun) -> None:
    run_dbt("docs", "generate", "--static", database=demo.database)
    target = demo.database.directory / "target"
    manifest = json.loads((target / "manifest.json").read_text())
    catalog = json.loads((target / "catalog.json").read_text())
    assert findings(manifest, catalog) == []
    assert (target / "static_index.html").stat().st_size > len(json.dumps(manifest)) / 2

    # what the catalog says is what a BI tool reads from the database itself
    comments = database_comments(demo)
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model" or node["schema"] != "analytics":
            continue
        assert comments[node["name"], None] == node["description"].strip()
        for column in node["columns"].values():
            assert comments[node["name"], column["name"]] == column["description"].strip()


def database_comments(demo: DemoRun) -> dict[tuple[str, str | None], str]:
    """Read the comments in schema analytics: of a view (column None) and of its columns."""
    if demo.database.engine == "duckdb":
        query = (
            "select view_name, null, comment from duckdb_views() where schema_name = 'analytics'"
            " union all select table_name, column_name, comment from duckdb_columns()"
            " where schema_name = 'analytics'"
        )
    else:
        query = (
            "select c.relname, a.attname, d.description from pg_description as d"
            " join pg_class as c on c.oid = d.objoid and d.classoid = 'pg_class'::regclass"
            " left join pg_attribute as a on a.attrelid = c.oid and a.attnum = d.objsubid"
            " and d.objsubid > 0 where c.relnamespace = 'analytics'::regnamespace"
        )
    return {
        (view, column): (comment or "").strip()
        for view, column, comment in demo.database.query(query)
    }
