"""The report of the demo shows what the views hold, and nothing else."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest

from report.queries import COHORTS, DAYS, ENTRY_DAYS, PERIODS, WEEKS
from tests.conftest import MakeDatabase
from tests.support.databases import Database
from tests.support.demo import DemoRun
from tests.support.report import run_report

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

Points = set[tuple[str, str, Any]]

_FIGURE = re.compile(r'<script type="application/json" id="([a-z0-9-]+)-figure">(.*?)</script>')


def page(demo: DemoRun) -> str:
    return (demo.database.directory / "report.html").read_text(encoding="utf-8")


@cache
def figures(text: str) -> dict[str, list[dict[str, Any]]]:
    """The traces of each chart, without those that only help to read it."""
    return {
        key: [trace for trace in json.loads(figure)["data"] if "meta" in trace]
        for key, figure in _FIGURE.findall(text)
    }


def drawn(demo: DemoRun, chart: str) -> Points:
    """Column, date and value of all points of a chart."""
    return {
        (trace["meta"]["column"], x, y)
        for trace in figures(page(demo))[chart]
        for x, y in zip(trace["x"], trace["y"], strict=True)
    }


def latest(database: Database, relation: str, date: str, limit: int, names: str) -> Points:
    """Column, date and value of these columns on the latest dates of a relation."""
    found = database.query(
        f"select {date}, {names} from {relation} order by {date} desc limit {limit}"
    )
    return {
        (name, day.isoformat(), value)
        for day, *values in found
        for name, value in zip(names.split(", "), values, strict=True)
    }


def test_active_users_are_those_of_the_view(demo: DemoRun) -> None:
    names = "dau, wau, mau, stickiness"
    view = "analytics.daily_active_users"
    expected = latest(demo.database, view, "activity_date", DAYS, names)
    assert drawn(demo, "active-users") == expected


def test_sessions_are_those_of_the_view(demo: DemoRun) -> None:
    names = "sessions, users, median_duration_seconds, events_per_session"
    expected = latest(demo.database, "analytics.daily_sessions", "session_date", DAYS, names)
    assert drawn(demo, "sessions") == expected


def test_lifecycle_is_that_of_the_view_with_dormant_users_below_the_axis(demo: DemoRun) -> None:
    weeks = "(select * from analytics.user_lifecycle where period = 'week') as weeks"
    names = "new_users, retained_users, resurrected_users, dormant_users"
    expected = latest(demo.database, weeks, "period_start", WEEKS, names)
    assert drawn(demo, "lifecycle") == {
        (name, week, -users if name == "dormant_users" else users) for name, week, users in expected
    }


def test_churn_is_that_of_the_view_from_the_shortest_absence_on(demo: DemoRun) -> None:
    found = demo.database.query(
        "select churn_status, as_of_date, users from analytics.daily_churn where as_of_date in"
        f" (select activity_date from analytics.daily_active_users order by 1 desc limit {DAYS})"
    )
    traces = figures(page(demo))["churn"]
    assert {
        (trace["name"], x, y)
        for trace in traces
        for x, y in zip(trace["x"], trace["y"], strict=True)
    } == {(status, date.isoformat(), users) for status, date, users in found}
    assert list(dict.fromkeys(trace["name"] for trace in traces)) == [
        "active", "soft_churn", "churned", "hard_churn",
    ]  # fmt: skip


def test_each_retention_has_a_heat_map_of_its_latest_cohorts(demo: DemoRun) -> None:
    found = demo.database.query(
        "select retention, cohort_start, cohort_users, period_number, retention_rate"
        " from (select *, dense_rank() over"
        " (partition by retention order by cohort_start desc) as cohort_rank"
        " from analytics.cohort_retention) as ranked"
        f" where cohort_rank <= {COHORTS} and period_number between 1 and {PERIODS}"
    )
    heat_maps = [
        traces[0] for key, traces in figures(page(demo)).items() if key.startswith("retention-")
    ]
    assert [heat_map["meta"]["retention"] for heat_map in heat_maps] == [
        "daily_activity", "weekly_activity", "monthly_activity",
    ]  # fmt: skip
    assert {
        (heat_map["meta"]["retention"], label, number, rate)
        for heat_map in heat_maps
        for label, rates in zip(heat_map["y"], heat_map["z"], strict=True)
        for number, rate in zip(heat_map["x"], rates, strict=True)
        if rate is not None
    } == {
        (retention, f"{cohort.isoformat()} · {users:,}", number, rate)
        for retention, cohort, users, number, rate in found
        if rate is not None
    }


def test_each_funnel_has_its_steps_and_its_dates_of_entry(demo: DemoRun) -> None:
    bars = {
        key: {trace["meta"].get("step"): trace for trace in traces}
        for key, traces in figures(page(demo)).items()
        if key.startswith("funnel-")
    }
    steps = demo.database.query("select funnel, step, users from analytics.funnel_conversion")
    assert {
        (found[None]["meta"]["funnel"], step, users)
        for found in bars.values()
        if None in found
        for step, users in zip(found[None]["y"], found[None]["x"], strict=True)
    } == set(steps)

    last = {funnel: max(s for f, s, _ in steps if f == funnel) for funnel, _, _ in steps}
    entries = demo.database.query(
        "select funnel, step, entry_date, users from analytics.funnel_conversion_daily"
        " where entry_date in (select activity_date from analytics.daily_active_users"
        f" order by 1 desc limit {ENTRY_DAYS})"
    )
    assert {
        (trace["meta"]["funnel"], step, x, y)
        for found in bars.values()
        for step, trace in found.items()
        if step is not None
        for x, y in zip(trace["x"], trace["y"], strict=True)
    } == {
        (funnel, step, date.isoformat(), users)
        for funnel, step, date, users in entries
        if step in (1, last[funnel])
    }


def test_the_day_that_still_runs_is_marked(demo: DemoRun) -> None:
    (last,) = demo.database.query("select max(activity_date) from analytics.daily_active_users")[0]
    points = figures(page(demo))["active-users"]
    assert [trace["x"][-1] for trace in points] == [last.isoformat()] * 4
    # a hollow point on that day and none before it
    assert [trace["marker"]["size"] for trace in points] == [[0] * (DAYS - 1) + [8]] * 4
    assert all(trace["marker"]["symbol"] == "circle-open" for trace in points)
    for trace in figures(page(demo))["lifecycle"]:
        assert trace["marker"]["pattern"]["shape"] == [""] * (WEEKS - 1) + ["/"]


def test_both_engines_draw_the_same_page(duckdb_demo: DemoRun, postgres_demo: DemoRun) -> None:
    assert page(duckdb_demo) == page(postgres_demo)


def test_the_demo_says_where_its_report_is(demo: DemoRun) -> None:
    assert f"{demo.database.directory / 'report.html'} " in demo.stdout


def test_without_events_the_page_says_so(demo: DemoRun, make_database: MakeDatabase) -> None:
    empty = make_database(demo.database.engine, like=demo.database)
    connection = empty.connect()
    if empty.server is not None:
        # What protects raw.events from us stands in our way here.
        connection.execute("set session_replication_role = replica")
    connection.execute("delete from raw.events")
    connection.close()
    ended = run_report(empty)
    assert ended.returncode == 0, ended.stderr
    text = (empty.directory / "report.html").read_text(encoding="utf-8")
    assert "There is nothing to show yet" in text
    assert "<script" not in text


def test_without_views_it_says_what_to_do(database: Database) -> None:
    ended = run_report(database)
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: The report cannot read the views.")
    assert "`make build`" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (database.directory / "report.html").exists()
