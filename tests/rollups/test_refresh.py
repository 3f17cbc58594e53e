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
        select comment from duckdb_views() where view_name = 'fct_sessions'
        union all
        select comment from duckdb_columns()
        where table_name = 'fct_sessions' and column_name = 'ended_at'
    """,
    "postgres": """
        select obj_description('analytics_intermediate.fct_sessions'::regclass)
        union all
        select col_description(attrelid, attnum) from pg_catalog.pg_attribute
        where attrelid = 'analytics_intermediate.fct_sessions'::regclass and attname = 'ended_at'
    """,
}


def test_a_refresh_leaves_comments_and_a_build_renews_them(project: Project) -> None:
    described = project.directory / "models/facts/sessions/fct_sessions.yml"
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


def test_a_column_that_is_added_is_kept_from_then_on(project: Project) -> None:
    definitions = project.definitions(shorter_windows=False)
    events = some_events()
    wrap(project, "fct_sessions", "select *, 1 as added from")
    project.refresh(Settings())
    assert ("added", "integer") in project.database.columns("analytics_intermediate.fct_sessions")
    project.deliver(events[-1:], hours=1)
    project.refresh(Settings())
    assert_views_match(project.database, events, definitions, Settings(), "another column")


def test_columns_that_change_places_keep_their_values(project: Project) -> None:
    definitions = project.definitions(shorter_windows=False)
    events = some_events()
    columns = "session_id, session_date, microseconds, events, ended_at, started_at, user_id"
    wrap(project, "fct_sessions", f"select {columns} from")
    project.build(Settings())
    assert_views_match(project.database, events[:-1], definitions, Settings(), "another order")
    project.deliver(events[-1:], hours=1)
    project.refresh(Settings())
    assert_views_match(project.database, events, definitions, Settings(), "and new events")


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_refresh_does_not_take_views_away_for_columns_that_changed(project: Project) -> None:
    wrap(project, "fct_sessions", "select session_id, user_id, started_at from")
    refused = project.run(Settings(), "run", "--selector", "refresh", check=False)
    assert refused.statuses["fct_sessions"] == "error"
    assert "The columns of analytics_intermediate.fct_sessions have changed" in refused.output
    assert "run dbt build" in refused.output
    assert len(project.database.query("select * from analytics.sessions")) > 0


def wrap(project: Project, name: str, selected: str) -> None:
    """Let a model select so from what it has selected so far."""
    [model] = (project.directory / "models").rglob(f"{name}.sql")
    configured, query = model.read_text().split("\nwith", maxsplit=1)
    model.write_text(f"{configured}\n{selected} (\nwith{query}\n) as computed")


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_refresh_replaces_no_table_no_index_and_no_view(project: Project) -> None:
    # steps are made anew each time, and nobody but builds reads them
    before = project.relations(without="int_%")
    indexed = project.database.query(
        "select tablename from pg_catalog.pg_indexes where schemaname = 'analytics_intermediate'"
    )
    assert {("fct_events__kept",), ("fct_sessions__kept",)} <= set(indexed)
    project.deliver(some_events()[-1:], hours=1)
    project.refresh(Settings())
    assert project.relations(without="int_%") == before


def test_documented_columns_are_those_of_the_table(project: Project) -> None:
    project.run(Settings(), "parse")
    manifest = json.loads(
        (Path(project.database.directory) / "target" / "manifest.json").read_text()
    )
    rollups = [
        node
        for node in manifest["nodes"].values()
        if node["config"]["materialized"] in ("fact", "count")
    ]
    assert rollups
    for rollup in rollups:
        found = project.database.columns(f"{rollup['schema']}.{rollup['name']}")
        assert set(rollup["columns"]) == {name for name, _ in found}, rollup["name"]


def comments(database: Database) -> list[str]:
    """What the database says of the table of sessions, and of when they end."""
    return [comment for (comment,) in database.query(COMMENTS[database.engine])]
