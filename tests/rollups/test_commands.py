"""dbt's other commands and options: what they leave behind, and that a build is right afterwards.

Each goes through in a database in which all but the last one of some events are built.
"""

import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakeDatabase
from tests.metrics import compare
from tests.metrics.views import PublicViews, copy_project
from tests.reference import VIEWS, Definitions, Event, Settings
from tests.rollups.projects import SEEDS, Project, some_events
from tests.support.databases import REPOSITORY, Database, Engine
from tests.support.run import DbtResult, run_loader

pytestmark = [pytest.mark.slow, pytest.mark.unusual, pytest.mark.timeout(3600)]

SCHEMA_VARIABLE = "SCHEMA_OF_VIEWS"
MODES = ("view", "incremental")
#: Those that are compared where nothing is kept, when all would take long to read.
SOME_VIEWS = ("daily_active_users", "funnel_conversion", "user_segments", "sessions")


@dataclass
class Built:
    """The project, with all but the last one of its events built, by one mode of roll-ups."""

    project: Project
    definitions: Definitions
    events: list[Event]

    def run(self, *command: str, schema: str = "analytics", **options: Any) -> DbtResult:
        """Run a dbt command whose views are in this schema."""
        return self.project.run(Settings(), *command, env={SCHEMA_VARIABLE: schema}, **options)

    def build(self, *options: str, schema: str = "analytics", **others: Any) -> DbtResult:
        """Build the views without their tests."""
        untested = ("--exclude-resource-type", "test", "unit_test")
        return self.run("build", *untested, *options, schema=schema, **others)

    def deliver_the_last(self) -> None:
        """Let the last event arrive."""
        self.project.deliver(self.events[-1:], hours=1)

    def state(self) -> str:
        """A directory with the manifest of what is built in the schema analytics."""
        state = self.project.database.directory / "state"
        self.run("parse")
        state.mkdir(exist_ok=True)
        shutil.copy(self.project.database.directory / "target" / "manifest.json", state)
        return str(state)

    @property
    def views(self) -> Collection[str]:
        """The views that are compared."""
        return SOME_VIEWS if self.project.rollups == "view" else VIEWS

    def assert_right(self, happened: str, events: list[Event] | None = None) -> None:
        """Compare views with the reference."""
        events = self.events if events is None else events
        with PublicViews(self.project.database) as views:
            compare.assert_views_match(
                views, self.views, events, self.definitions, Settings(), happened=happened
            )

    def assert_same(self, schema: str) -> None:
        """Compare views with those of another schema."""
        for view in self.views:
            mine, other = f"select * from analytics.{view}", f"select * from {schema}.{view}"
            assert not self.project.database.query(
                f"({mine} except all {other}) union all ({other} except all {mine})"
            ), view


@pytest.fixture(scope="session")
def built_once(
    make_session_database: MakeDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Engine, str], Project]:
    """What the project of each test is a copy of, by engine and mode."""

    @cache
    def build(engine: Engine, mode: str) -> Project:
        database = make_session_database(engine)
        _choose_schema_by_variable(database)
        run_loader("init", database=database, check=True)
        directory = copy_project(tmp_path_factory.mktemp("built") / "project", SEEDS)
        shutil.copytree(REPOSITORY / "tests" / "dbt", directory / "tests" / "dbt")
        project = Project(directory, database, mode)
        project.deliver(some_events()[:-1])
        project.run(
            Settings(),
            *("build", "--exclude-resource-type", "test", "unit_test"),
            env={SCHEMA_VARIABLE: "analytics"},
        )
        return project

    return build


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    """Whether anything is kept."""
    return str(request.param)


@pytest.fixture
def built(
    engine: Engine,
    mode: str,
    built_once: Callable[[Engine, str], Project],
    make_database: MakeDatabase,
    tmp_path: Path,
) -> Built:
    """All but the last event, built on each engine in each mode."""
    original = built_once(engine, mode)
    directory = shutil.copytree(original.directory, tmp_path / "project")
    database = make_database(engine, like=original.database)
    _choose_schema_by_variable(database)
    project = Project(directory, database, mode)
    return Built(project, Definitions.from_seeds(directory / "seeds"), some_events())


def _choose_schema_by_variable(database: Database) -> None:
    profiles = database.directory / "profiles.yml"
    text = profiles.read_text()
    chosen = f"schema: \"{{{{ env_var('{SCHEMA_VARIABLE}', 'analytics') }}}}\""
    profiles.write_text(text.replace("schema: analytics", chosen))


@pytest.mark.parametrize("option", [("--empty",), ("--sample", "1 day")], ids=["empty", "sample"])
def test_views_that_are_built_of_no_events_or_some_show_all(
    built: Built, option: tuple[str, ...]
) -> None:
    tested = built.run("build", "--exclude-resource-type", "unit_test", *option)
    assert set(tested.statuses.values()) <= {"success", "pass", "warn", "no-op"}
    # what arrives stays due, as nothing is written down that a later build goes by
    built.assert_right(f"a build with {option}", built.events[:-1])
    built.deliver_the_last()
    built.build()
    built.assert_right(f"a build after one with {option}")


@pytest.mark.parametrize("mode", ["incremental"], indirect=True)
def test_an_empty_schema_is_built_empty_and_filled_by_the_next_build(built: Built) -> None:
    built.run("build", "--exclude-resource-type", "unit_test", "--empty", schema="another")
    built.assert_same("another")
    built.deliver_the_last()
    built.build()
    built.build(schema="another")
    built.assert_same("another")


def test_a_clone_shows_what_is_built_and_can_be_built(built: Built) -> None:
    state = built.state()
    built.run("clone", "--state", state, schema="another")
    built.assert_same("another")
    built.deliver_the_last()
    built.build()
    built.assert_right("a build of what is cloned")
    built.build(schema="another")
    built.assert_same("another")
    if built.project.rollups == "view":
        return
    # once more, over what is kept there by now
    built.run("clone", "--state", state, "--full-refresh", schema="another")
    built.assert_same("another")
    built.build(schema="another")
    built.assert_same("another")


def test_a_part_is_built_of_what_another_schema_has(built: Built) -> None:
    deferred = ("--defer", "--state", built.state())
    views = ("daily_active_users", "funnel_conversion", "user_segments")
    built.run("build", "--select", *views, *deferred, schema="another")
    for view in views:
        [(rows,)] = built.project.database.query(
            f"select count(*) from (select * from another.{view} except all"
            f" select * from analytics.{view}) as others"
        )
        assert rows == 0
    built.build()
    built.assert_right("a build of a part elsewhere", built.events[:-1])


@pytest.mark.parametrize("mode", ["incremental"], indirect=True)
def test_facts_are_not_computed_of_what_was_new_elsewhere(built: Built) -> None:
    deferred = ("--defer", "--state", built.state())
    # in either mode: what counts is what the other schema keeps
    for select in ("fct_user_days", "fct_sessions"):
        refused = built.build("--select", select, *deferred, schema="another", check=False)
        assert not refused.success
        assert f"with --select +{select}" in refused.output
    built.build("--select", "+fct_user_days", *deferred, schema="another")
    query = "select user_id, activity_date from {}_intermediate.fct_user_days order by 1, 2"
    rows = built.project.database.query
    assert rows(query.format("another")) == rows(query.format("analytics")) != []


def test_what_failed_can_be_built_alone(built: Built) -> None:
    broken = built.project.directory / "models" / "facts" / "sessions" / "fct_sessions.sql"
    text = broken.read_text()
    built.deliver_the_last()
    for options in ((),) if built.project.rollups == "view" else ((), ("--full-refresh",)):
        broken.write_text(text.replace("{{ config(", "{{ no_such_macro() }}{{ config("))
        failed = built.build(*options, check=False, write_json=True)
        assert not failed.success
        assert failed.statuses["daily_sessions"] == "skipped"
        broken.write_text(text)
        retried = built.run("retry")
        assert retried.statuses["fct_sessions"] == "success"
        assert "fct_signups" not in retried.statuses
        built.assert_right(f"a retry of a build with {options}")
        built.build()
        built.assert_right("a build after a retry")


@pytest.mark.parametrize("mode", ["incremental"], indirect=True)
def test_tests_run_alone(built: Built) -> None:
    tested = built.run("test")
    assert set(tested.statuses.values()) <= {"pass", "warn", "success"}
    built.assert_right("tests", built.events[:-1])


def test_tests_of_what_is_not_built_say_so_once(built: Built) -> None:
    refused = built.run("test", schema="another", check=False)
    assert not refused.success
    assert "there is no another." in refused.output
    assert "Database Error" not in refused.output
    assert "Run dbt build" in refused.output


@pytest.mark.parametrize("mode", ["incremental"], indirect=True)
def test_a_view_that_was_dropped_is_there_after_the_next_build(built: Built) -> None:
    for view in ("analytics_intermediate.fct_sessions", "analytics_intermediate.agg_stickiness"):
        built.project.database.execute(f"drop view {view} cascade")
    built.deliver_the_last()
    built.build()
    built.assert_right("a build after views were dropped")
    with PublicViews(built.project.database) as views:
        assert VIEWS.keys() <= views.names()
