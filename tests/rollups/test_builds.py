"""What a build goes through again, and what happens when it does not come to its end."""

import shutil
import subprocess
import time

import pytest

from tests.metrics.logs import log
from tests.reference import Settings
from tests.rollups.projects import (
    Project,
    assert_views_match,
    due_users,
    funnel_events,
    some_events,
)
from tests.support.databases import REPOSITORY, Database
from tests.support.run import BUILD_UNTESTED, run_dbt

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def test_a_build_without_new_events_computes_no_user_again(project: Project) -> None:
    definitions = project.definitions(shorter_windows=False)
    events = some_events()
    assert due_users(project.database) == {"ann", "bob", "cay"}

    project.build(Settings())
    assert due_users(project.database) == set()

    project.deliver(events[-1:], hours=1)
    project.build(Settings())
    assert due_users(project.database) == {"bob"}
    assert_views_match(project.database, events, definitions, Settings(), "one more event of bob")


def test_reports_reach_back_as_far_as_is_said_without_computing_anybody_again(
    project: Project,
) -> None:
    definitions = project.definitions(shorter_windows=False)
    for days in (1, 2, 3653):
        settings = Settings(max_report_days=days)
        project.build(settings)
        assert due_users(project.database) == set()
        assert_views_match(project.database, some_events()[:-1], definitions, settings, days)


def test_a_refresh_makes_no_view_again(project: Project) -> None:
    definitions = project.definitions(shorter_windows=False)
    events = some_events()
    project.deliver(events[-1:], hours=1)
    refreshed = project.refresh(Settings())
    assert refreshed.statuses["fct_sessions"] == "success"
    assert not {"daily_sessions", "int_session_events"} & refreshed.statuses.keys()
    assert due_users(project.database) == {"bob"}
    assert_views_match(project.database, events, definitions, Settings(), "a refresh")


def test_users_who_are_through_every_funnel_are_not_gone_through_again(
    new_project: Project,
) -> None:
    definitions = new_project.definitions(funnels=["signup_to_activity", "pair"])
    events = log(
        "through A 2024-02-28T10:00",
        "through B 2024-02-28T10:05",
        "halfway A 2024-02-28T10:00",
        "through A 2024-02-28T12:00",
        "halfway A 2024-02-28T12:00",
    )
    new_project.deliver(events[:3])
    new_project.build(Settings(), "--full-refresh")
    new_project.deliver(events[3:], hours=1)
    new_project.build(Settings())
    assert due_users(new_project.database) == {"through", "halfway"}
    assert due_users(new_project.database, "int_touched_funnel_users") == {"halfway"}
    assert_views_match(
        new_project.database, events, definitions, Settings(), "a user who is through"
    )


def test_funnels_are_computed_from_events_that_new_ones_can_reach(new_project: Project) -> None:
    definitions = new_project.definitions(funnels=["pair"])
    events = log(
        # stays the best: as far as what comes later, and earlier
        "stays A 2024-02-28T10:00",
        "stays A 2024-02-28T11:59",
        # within reach by a moment: the window is of an hour
        "reached A 2024-02-28T10:00",
        "reached A 2024-02-28T12:00",
        "missed A 2024-02-28T10:00",
        "missed A 2024-02-28T11:59:59",
        # got further, but is not within reach
        "through A 2024-02-28T09:00",
        "through B 2024-02-28T09:01",
        "late C 2024-02-28T10:00",
        "stays A 2024-02-28T13:30",
        "reached B 2024-02-28T13:00",
        "missed B 2024-02-28T13:00",
        "through A 2024-02-28T13:00",
        "through B 2024-02-28T13:01",
        # who has not entered can do so from now on
        "late A 2024-02-28T13:00",
        "late B 2024-02-28T13:30",
    )
    new_project.deliver(events[:9])
    new_project.build(Settings(), "--full-refresh")
    new_project.deliver(events[9:], hours=1)
    new_project.refresh(Settings())
    assert funnel_events(new_project.database) == {
        ("stays", "13:30"),
        ("reached", "12:00"),
        ("reached", "13:00"),
        ("missed", "13:00"),
        ("late", "13:00"),
        ("late", "13:30"),
    }
    assert_views_match(new_project.database, events, definitions, Settings(), "events of an hour")


def test_a_session_that_began_on_an_earlier_date_after_all_is_no_session_of_the_later_one(
    new_project: Project,
) -> None:
    definitions = new_project.definitions()
    events = log(
        "ann A 2024-02-28T00:10",
        "bob A 2024-02-29T10:00",
        "bob A 2024-02-29T13:00",
        "ann A 2024-02-27T23:50",
    )
    new_project.deliver(events[:3])
    new_project.build(Settings(), "--full-refresh")
    new_project.deliver(events[3:], hours=1)
    new_project.refresh(Settings())
    days = new_project.database.query(
        "select cast(session_date as text), sessions from analytics_intermediate.int_daily_sessions"
    )
    assert sorted(days) == [("2024-02-27", 1), ("2024-02-29", 2)]
    assert_views_match(new_project.database, events, definitions, Settings(), "an earlier start")


def test_unit_tests_of_steps_between_events_and_roll_ups_hold(project: Project) -> None:
    tests = "models/facts/funnels/int_touched_funnel_users.yml"
    shutil.copy(REPOSITORY / tests, project.directory / tests)
    tested = project.run(Settings(), "test", "--select", "int_touched_funnel_users,test_type:unit")
    assert list(tested.statuses.values()).count("pass") == 5


def test_a_changed_definition_computes_everybody_again(project: Project) -> None:
    events = some_events()[:-1]
    definitions = project.definitions(shorter_windows=True)
    project.build(Settings())
    assert due_users(project.database) == {"ann", "bob", "cay"}
    assert_views_match(project.database, events, definitions, Settings(), "shorter windows")


def test_a_build_of_a_part_leaves_everything_due(project: Project) -> None:
    events = some_events()
    definitions = project.definitions(shorter_windows=False)
    project.deliver(events[-1:], hours=1)
    project.build(Settings(), "--select", "+fct_user_days")
    project.build(Settings())
    assert due_users(project.database) == {"bob"}
    assert_views_match(project.database, events, definitions, Settings(), "a build of a part")


# test_readers.py does so on PostgreSQL, where there are others meanwhile
@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_roll_ups_can_be_given_up_and_taken_up_again(project: Project) -> None:
    events = some_events()
    definitions = project.definitions(shorter_windows=False)
    project.deliver(events[-1:], hours=1)
    run_dbt(*BUILD_UNTESTED, database=project.database, project=project.directory)
    assert_views_match(project.database, events, definitions, Settings(), "as views")
    project.build(Settings())
    assert_views_match(project.database, events, definitions, Settings(), "kept again")


def test_data_tests_hold_after_a_refresh(project: Project) -> None:
    shutil.copytree(REPOSITORY / "tests" / "dbt", project.directory / "tests" / "dbt")
    project.deliver(some_events()[-1:], hours=1)
    project.run(Settings(), "build", "--exclude-resource-type", "unit_test")
    assert due_users(project.database) == {"bob"}


@pytest.mark.parametrize(
    "part", [("--select", "fct_user_days"), ("--selector", "refresh")], ids=["select", "selector"]
)
def test_a_full_refresh_of_a_part_is_refused(project: Project, part: tuple[str, str]) -> None:
    refused = project.build(Settings(), "--full-refresh", *part, check=False)
    assert not refused.success
    assert "--full-refresh of some models would" in refused.output


# one process at a time opens a DuckDB file
@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_build_that_is_overtaken_stops(project: Project) -> None:
    events = some_events()
    definitions = project.definitions(shorter_windows=False)
    project.deliver(events[-1:], hours=1)
    # The first build waits for us in the middle, until the second one waits for it.
    blocker = project.database.connect()
    blocker.execute("begin")
    blocker.execute("lock table analytics_intermediate.fct_sessions__kept in access exclusive mode")
    with project.start_refresh() as first:
        wait_for_somebody_to_wait_for(project.database, "fct_sessions__kept", first)
        with project.start_refresh() as second:
            wait_for_somebody_to_wait_for(project.database, "current_build", second)
            blocker.execute("rollback")
            outputs = [build.communicate(timeout=300)[0].decode() for build in (first, second)]
    blocker.close()
    assert second.returncode == 0, outputs[1]
    assert first.returncode != 0, outputs[0]
    assert "Another build of these roll-ups began after this one" in outputs[0]
    assert_views_match(project.database, events, definitions, Settings(), "two builds at once")


def wait_for_somebody_to_wait_for(
    database: Database, table: str, process: subprocess.Popen[bytes]
) -> None:
    """Wait until a lock of a table is asked for and not granted."""
    deadline = time.monotonic() + 120
    while not database.query(
        "select 1 from pg_locks join pg_class on pg_class.oid = relation "
        "where relname = %s and not granted",
        [table],
    ):
        assert process.poll() is None, process.communicate()[0].decode()
        assert time.monotonic() < deadline, f"nobody waited for {table}"
        time.sleep(0.05)
