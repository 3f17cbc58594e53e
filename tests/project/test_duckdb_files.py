"""A DuckDB file is read by whatever name it has, and wherever it has come from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from loader.errors import LoaderError
from loader.names import check_duckdb_file, database_in
from tests.conftest import MakeDatabase
from tests.metrics.views import copy_project
from tests.reference import VIEWS, Settings
from tests.rollups.projects import SEEDS, Project, some_events
from tests.support.databases import Database
from tests.support.run import run_collector, run_dbt, run_loader

pytestmark = pytest.mark.unusual

#: Those that DuckDB and dbt could each take for something else.
NAMES = (
    "archive.duckdb",
    "analytics.duckdb",
    "analytics_marts.db",
    "loader.duckdb",
    "Upper-Case 1.DuckDB",
    "événements.v2.2026.duckdb",
    "without_an_ending",
    ".hidden.duckdb",
    "2026.duckdb",
    "select.duckdb",
    "memory.duckdb",
    "in,(a)[b]{c}%20&=!.duckdb",
)
#: Those of schemas that views read from other schemas.
SCHEMAS = ("raw", "analytics_definitions", "analytics_staging", "Analytics_Intermediate")
REFUSED = (
    *(
        "it's.duckdb",
        'say"so.duckdb',
        "a#b.duckdb",
        "a;b.duckdb",
        "a?b.duckdb",
        "a:b.duckdb",
        "a\nb.duckdb",
        "...",
        "..",
    ),
    *("main.duckdb", "Temp.duckdb", "system", "information_schema.duckdb", "pg_catalog.db"),
)
SOME_VIEWS = ("event_catalog", "user_churn")
PART = ("--select", "+daily_active_users", "+funnel_conversion", "--exclude-resource-type")
EVENT = {"event_name": "A", "event_time": "2026-01-01T00:00Z", "user_id": "ann"}


@pytest.fixture(scope="module")
def built(
    make_session_database: MakeDatabase,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A file in which the whole project is built, with roll-ups, and which nobody has open."""
    database = make_session_database("duckdb")
    run_loader("init", database=database, check=True)
    directory = copy_project(tmp_path_factory.mktemp("project") / "project", SEEDS)
    project = Project(directory, database)
    project.deliver(some_events())
    project.build(Settings())
    database.execute("checkpoint")
    return Path(shutil.copy(database.path, tmp_path_factory.mktemp("built")))


def rows_of_views(
    connection: duckdb.DuckDBPyConnection, database: str, views: Iterable[str] = VIEWS
) -> dict[str, Any]:
    """All rows of public views of a database, by view."""
    return {
        view: sorted(
            connection.execute(f'select * from "{database}".analytics.{view}').fetchall(), key=repr
        )
        for view in views
    }


@pytest.fixture(scope="module")
def expected(built: Path) -> dict[str, Any]:
    """What the views of that file show."""
    with closing(duckdb.connect(str(built), read_only=True)) as connection:
        rows = rows_of_views(connection, "events")
    assert [view for view, found in rows.items() if not found] == [
        "event_properties",
        "user_identities",
    ]
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_copy_is_read_by_any_name(
    built: Path, expected: dict[str, Any], name: str, tmp_path: Path
) -> None:
    copy = shutil.copy(built, tmp_path / name)
    database = database_in(Path(name))
    with closing(duckdb.connect(str(copy))) as connection:
        for view in VIEWS:
            connection.execute(f'select * from "{database}".analytics.{view} limit 0')
        found = rows_of_views(connection, database, SOME_VIEWS)
    assert found == {view: expected[view] for view in SOME_VIEWS}


@pytest.mark.slow
@pytest.mark.parametrize("alias", ["other", "analytics", "Ein Archiv"])
def test_a_file_is_attached_by_any_name(built: Path, expected: dict[str, Any], alias: str) -> None:
    with closing(duckdb.connect()) as connection:
        connection.execute(f"attach '{built}' as \"{alias}\" (read_only)")
        assert rows_of_views(connection, alias) == expected
        connection.execute(f'use "{alias}"')
        assert rows_of_views(connection, alias) == expected


@pytest.mark.slow
def test_a_database_is_copied_into_another(
    built: Path, expected: dict[str, Any], tmp_path: Path
) -> None:
    with closing(duckdb.connect()) as connection:
        connection.execute(f"attach '{built}' as original (read_only)")
        connection.execute(f"attach '{tmp_path}/copied.duckdb' as copied")
        connection.execute("copy from database original to copied")
        connection.execute("detach original")
        assert rows_of_views(connection, "copied") == expected


def new_file(make_database: MakeDatabase, name: str) -> Database:
    """A database in a file of this name, with raw tables and some events."""
    database = replace(make_database("duckdb"), name=database_in(Path(name)), file_name=name)
    run_loader("init", database=database, check=True)
    run_loader("append", "-", database=database, stdin=json.dumps(EVENT), check=True)
    return database


def users_of_days(connection: duckdb.DuckDBPyConnection, database: str) -> list[Any]:
    """How many users were active on each day, and got how far in a funnel."""
    days = f'select activity_date, dau from "{database}".analytics.daily_active_users'
    steps = f'select step, users from "{database}".analytics.funnel_conversion'
    rows = connection.execute(days).fetchall() + connection.execute(steps).fetchall()
    return sorted(rows, key=repr)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "rollups"),
    [
        *(("analytics", "view"), *((schema, "view") for schema in SCHEMAS)),
        *(("raw", "incremental"), ("Analytics_Intermediate", "incremental")),
    ],
)
def test_a_file_that_is_called_like_a_schema_is_built_and_read(
    make_database: MakeDatabase, schema: str, rollups: str
) -> None:
    database = new_file(make_database, f"{schema}.duckdb")
    build = ("build", *PART, "test", "unit_test")
    settings = {"rollups": rollups}
    run_dbt(*build, database=database, variables=settings)
    with closing(duckdb.connect(str(database.path))) as connection:
        expected = users_of_days(connection, schema)
    assert expected

    # by another name, and back again: a build makes views that say whose schema they mean
    for name in ("archive", schema):
        moved = replace(database, name=name, file_name=f"{name}.duckdb")
        # what is still in the log beside the file would not come along
        database.execute("checkpoint")
        database.path.rename(moved.path)
        if schema in SCHEMAS:
            run_dbt("run", "--select", *PART[1:3], database=moved, variables=settings)
        with closing(duckdb.connect(str(moved.path))) as connection:
            assert users_of_days(connection, name) == expected
        database = moved


@pytest.mark.parametrize("name", [*NAMES, *(f"{schema}.duckdb" for schema in SCHEMAS)])
def test_loader_and_collector_take_a_file_of_any_name(
    make_database: MakeDatabase, name: str
) -> None:
    database = new_file(make_database, name)
    again = run_loader("append", "-", "--json", database=database, stdin=json.dumps(EVENT))
    assert again.json()["duplicate"] == 1
    assert run_loader("append", "-", database=database, stdin="{}").exit_code == 1
    assert "missing_event_name" in run_loader("rejects", database=database, check=True).stdout
    assert "Nothing to do" in run_loader("init", database=database, check=True).stderr
    run_collector("token", "create", "--scope", "ingest", database=database, check=True)
    assert "valid" in run_collector("token", "list", database=database, check=True).stdout


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_dbt_could_not_use_is_refused_before_a_file_is_made(
    make_database: MakeDatabase, name: str
) -> None:
    with pytest.raises(LoaderError, match="Rename the file"):
        check_duckdb_file(Path(name), "Target 'duckdb'")
    database = replace(make_database("duckdb"), file_name=name)
    for refused in (
        run_loader("init", database=database),
        run_collector("token", "list", database=database),
    ):
        assert refused.exit_code == 1
        assert "is no name that it and dbt both can use" in refused.stderr


def test_a_name_that_dbt_could_not_use_is_refused_by_dbt(make_database: MakeDatabase) -> None:
    database = replace(make_database("duckdb"), file_name="it's.duckdb")
    refused = run_dbt("parse", database=database, check=False)
    assert not refused.success
    assert "'it's' is no name that it and dbt both can use" in refused.output


@pytest.mark.slow
@pytest.mark.parametrize("name", ["restored.duckdb", "raw.duckdb"])
def test_an_export_is_restored_and_a_build_makes_what_is_left_out(
    built: Path, expected: dict[str, Any], make_database: MakeDatabase, name: str
) -> None:
    database = replace(make_database("duckdb"), name=database_in(Path(name)), file_name=name)
    exported = database.directory / "exported here"
    with closing(duckdb.connect(str(built), read_only=True)) as connection:
        connection.execute(f"export database '{exported}' (format parquet)")
    restored = run_loader("restore", exported, database=database, check=True)
    assert "views to DuckDB file" in restored.stderr
    # DuckDB writes some views so that it cannot read them itself
    assert "Make those of this project again with: dbt build" in restored.stderr
    with closing(duckdb.connect(str(database.path))) as connection:
        found = rows_of_views(connection, database.name, SOME_VIEWS[:1])
    assert found["event_catalog"] == expected["event_catalog"]

    again = run_loader("restore", exported, database=database)
    assert again.exit_code == 1
    assert "already" in again.stderr

    project = Project(copy_project(database.directory / "project", SEEDS), database)
    project.build(Settings())
    with closing(duckdb.connect(str(database.path))) as connection:
        assert rows_of_views(connection, database.name) == expected


def test_what_is_no_export_is_not_restored(make_database: MakeDatabase, tmp_path: Path) -> None:
    database = make_database("duckdb")
    refused = run_loader("restore", tmp_path, database=database)
    assert refused.exit_code == 1
    assert "has no schema.sql and no load.sql" in refused.stderr
    (tmp_path / "schema.sql").write_text("create table events (")
    (tmp_path / "load.sql").write_text("")
    refused = run_loader("restore", tmp_path, database=database)
    assert refused.exit_code == 1
    assert "Traceback" not in refused.stderr
    assert not database.path.exists()
