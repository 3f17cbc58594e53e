"""The main job on real events, held against figures that were computed by other means."""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from typing import Any

import pytest

from tests.conftest import MakeDatabase
from tests.support.databases import REPOSITORY, Database
from tests.support.demo import USERS_OWN_DATABASE, USERS_OWN_FILE, DemoRun, run_demo
from tests.support.run import run_loader

COFACTS = REPOSITORY / "examples" / "cofacts"
ROWS = 140_938
ROWS_WITH_USER_AND_TIME = 133_287

pytestmark = pytest.mark.slow


@cache
def reference() -> Any:
    return json.loads((COFACTS / "reference.json").read_text())


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def append(database: Database) -> dict[str, Any]:
    report = run_loader(
        "append", COFACTS / "events.parquet", "--json", database=database, check=True
    ).json()
    assert isinstance(report, dict)
    return report


def test_every_row_is_accounted_for_and_a_second_load_appends_nothing(database: Database) -> None:
    run_loader("init", database=database, check=True)
    first = append(database)
    assert first["read"] == ROWS
    # 7,617 rows have no user and 71 no time, 37 of them neither: one reason is given for each row
    assert first["rejected_by_reason"] == {"missing_user_id": 7_580, "missing_event_time": 71}
    assert first["rejected"] == ROWS - ROWS_WITH_USER_AND_TIME
    # no two of the rows that have both are alike in everything
    assert first["appended"] == ROWS_WITH_USER_AND_TIME
    assert first["duplicate"] == first["conflicting"] == 0
    assert database.query("select count(*) from raw.events") == [(first["appended"],)]

    second = append(database)
    assert second["appended"] == 0
    assert second["duplicate"] == ROWS_WITH_USER_AND_TIME
    assert second["rejected_by_reason"] == first["rejected_by_reason"]
    assert database.query("select count(*) from raw.events") == [(first["appended"],)]


@pytest.mark.unusual
@pytest.mark.parametrize("engine", ["duckdb"])
def test_a_second_run_appends_nothing_and_prints_the_same(
    demo: DemoRun, make_database: MakeDatabase
) -> None:
    # a copy, as tests that ran dbt on the demo's own DuckDB file may still hold it open
    again = make_database(demo.database.engine, like=demo.database)
    second = run_demo(again, "--quick")
    assert second.metrics == demo.metrics
    (events,) = second.database.query("select count(*) from raw.events")[0]
    distinct = "select count(*) from (select distinct user_id, event_name, event_time, "
    as_text = "cast(properties as text) from raw.events) as contents"
    assert second.database.query(distinct + as_text) == [(events,)]


def test_both_engines_print_the_same(duckdb_demo: DemoRun, postgres_demo: DemoRun) -> None:
    assert duckdb_demo.metrics == postgres_demo.metrics
    for heading in ("Daily active users", "Weekly retention", "Funnel", "Churn"):
        assert heading in duckdb_demo.metrics


def test_the_readme_shows_what_the_demo_prints(duckdb_demo: DemoRun) -> None:
    _, _, after_command = (REPOSITORY / "README.md").read_text().partition("make demo\n```\n")
    _, _, block = after_command.partition("```\n")
    shown = [line for line in block.partition("```")[0].splitlines() if line.startswith("|")]
    assert len(shown) > 5
    printed = duckdb_demo.metrics.splitlines()
    assert [line for line in shown if line not in printed] == []


def test_the_demo_leaves_the_user_s_own_database_alone(demo: DemoRun) -> None:
    if demo.database.server is None:
        assert not (demo.database.directory / USERS_OWN_FILE).exists()
    else:
        assert not demo.database.server.has_database(USERS_OWN_DATABASE)


def test_daily_active_users_equal_the_reference(demo: DemoRun) -> None:
    built = dict(demo.database.query("select activity_date, dau from analytics.daily_active_users"))
    expected = {day(date): users for date, users in reference()["dau"]["all"]}
    assert {date: users for date, users in built.items() if users} == expected
    # the view has a row for each day in between as well
    assert len(built) == (max(expected) - min(expected)).days + 1


def test_weekly_retention_equals_the_reference(demo: DemoRun) -> None:
    built = demo.database.query(
        "select cohort_start, period_number, cohort_users, retained_users"
        " from analytics.cohort_retention where retention = 'weekly_activity'"
    )
    expected = {
        (day(cohort), int(number)): users
        for cohort, row in reference()["retention_weekly"]["table"].items()
        for number, users in row.items()
    }
    assert {(cohort, number): kept for cohort, number, _, kept in built if kept} == expected
    assert all(size == expected.get((cohort, 0), 0) for cohort, _, size, _ in built)


def test_the_funnel_equals_the_reference(demo: DemoRun) -> None:
    funnel = reference()["funnel"]
    built = demo.database.query(
        "select step_name, users from analytics.funnel_conversion"
        " where funnel = 'question_to_feedback' order by step"
    )
    users = funnel["users_reaching_step_1_2_3"]["any_start_nonstrict"]
    assert built == list(zip(funnel["steps"], users, strict=True))


def test_churn_equals_the_reference(demo: DemoRun) -> None:
    buckets = reference()["churn"]["buckets"]
    expected = {
        "active": buckets["<7"],
        "soft_churn": buckets["7-13"],
        "churned": buckets["14-29"],
        "hard_churn": buckets[">=30"],
    }
    summary = demo.database.query("select churn_status, users from analytics.churn_summary")
    assert dict(summary) == expected
    last_date = reference()["churn"]["as_of"]
    daily = demo.database.query(
        "select churn_status, users from analytics.daily_churn"
        f" where as_of_date = cast('{last_date}' as date)"
    )
    assert dict(daily) == expected
    assert sum(expected.values()) == reference()["total_users"]
