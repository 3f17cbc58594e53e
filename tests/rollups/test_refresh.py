"""What a refresh leaves as it is, and what it does not put up with."""

import json
from pathlib import Path

import pytest

from tests.reference import Settings
from tests.rollups.projects import Project, assert_views_match, some_events
from tests.support.databases import Database

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

COMMENTS = {
    "duckdb": """
        select comment from duckdb_tables() where table_name = 'int_sessions'
        union all
        select comment from duckdb_columns()
        where table_name = 'int_sessions' and column_name = 'ended_at'
    """,
    "postgres": """
        select obj_description('analytics_intermediate.int_sessions'::regclass)
        union all
        select col_description(attrelid, attnum) from pg_catalog.pg_attribute
        where attrelid = 'analytics_intermediate.int_sessions'::regclass and attname = 'ended_at'
    """,
}


def test_a_refresh_leaves_comments_and_a_build_renews_them(project: Project) -> None:
    described = project.directory / "models/intermediate/sessions/int_sessions.yml"
    first = comments(project.database)
    assert first[1] == "Instant of its last event."

    text = described.read_text()
    assert first[1] in text
    described.write_text(text.replace(first[1], "When it ended."))
    project.deliver(some_events()[-1:], hours=1)
    project.refresh(Settings())
    assert comments(project.database) == first

    project.build(Settings())
    assert comments(project.database) == [first[0], "When it ended."]


def test_columns_that_have_changed_are_refused_until_a_full_refresh(project: Project) -> None:
    definitions = project.definitions(shorter_windows=False)
    events = some_events()[:-1]
    for name in ("int_sessions", "int_user_days", "int_event_batches"):
        [model] = (project.directory / "models").rglob(f"{name}.sql")
        before = model.read_text()
        model.write_text(f"select *, 1 as added from (\n{before}\n) as computed")
        refused = project.run(Settings(), "run", "--selector", "refresh", check=False)
        assert refused.statuses[name] == "error"
        assert "The source and target schemas on this incremental model are out of sync" in (
            refused.output
        )
        model.write_text(before)
    project.refresh(Settings())
    assert_views_match(project.database, events, definitions, Settings(), "columns as before")


def test_columns_that_change_places_keep_their_values(project: Project) -> None:
    definitions = project.definitions(shorter_windows=False)
    events = some_events()
    [model] = (project.directory / "models").rglob("int_sessions.sql")
    columns = "session_id, session_date, microseconds, events, ended_at, started_at, user_id"
    model.write_text(f"select {columns} from (\n{model.read_text()}\n) as computed")
    project.refresh(Settings())
    assert_views_match(project.database, events[:-1], definitions, Settings(), "another order")
    project.deliver(events[-1:], hours=1)
    project.refresh(Settings())
    assert_views_match(project.database, events, definitions, Settings(), "and new events")


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_refresh_replaces_no_table_no_index_and_no_view(project: Project) -> None:
    before = project.relations()
    indexed = project.database.query(
        "select tablename from pg_catalog.pg_indexes"
        " where schemaname = 'analytics_intermediate' and indexdef like '%(user_id, session_date)'"
    )
    assert sorted(indexed) == [("int_session_steps",), ("int_sessions",)]
    project.deliver(some_events()[-1:], hours=1)
    project.refresh(Settings())
    assert project.relations() == before


def test_documented_columns_are_those_of_the_table(project: Project) -> None:
    project.run(Settings(), "parse")
    manifest = json.loads(
        (Path(project.database.directory) / "target" / "manifest.json").read_text()
    )
    kept = [
        node
        for node in manifest["nodes"].values()
        if node["config"]["materialized"] in ("fact", "count", "step")
    ]
    assert kept
    # dbt cannot describe columns that are there only where facts are kept; the model itself does
    more = {"fct_events": {"session_started_at", "step_number", "to_event"}}
    for model in kept:
        found = project.database.columns(f"{model['schema']}.{model['name']}")
        described = set(model["columns"]) | more.get(model["name"], set())
        assert described == {name for name, _ in found}, model["name"]


def comments(database: Database) -> list[str]:
    """What the database says of the table of sessions, and of when they end."""
    return [comment for (comment,) in database.query(COMMENTS[database.engine])]
