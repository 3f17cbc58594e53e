"""The report of the demo shows what the views hold, and nothing else."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest

from report.queries import COHORTS, DAYS, PERIODS, SEGMENT_DAYS, VALUES
from tests.conftest import MakeDatabase
from tests.support.databases import Database
from tests.support.demo import DemoRun
from tests.support.report import embedded, run_report

pytestmark = pytest.mark.slow

Rows = list[tuple[Any, ...]]

#: A view by date, its date, the columns of the page, and how many rows a date has.
BY_DATE = (
    ("daily_active_users", "activity_date", "dau, wau, mau, stickiness"),
    ("signups", "signup_date", "signups"),
    ("day_1_retention", "cohort_date", "cohort_users, retained_users, retention_rate, is_complete"),
    ("basic_retention", "cohort_date", "cohort_users, returned_users"),
    (
        "daily_sessions",
        "session_date",
        "sessions, users, median_duration_seconds, events_per_session",
    ),
    ("daily_churn", "as_of_date", "churn_status, users"),
    ("funnel_conversion_daily", "entry_date", "funnel, step, users, open_users, is_complete"),
)


def page(demo: DemoRun) -> str:
    return (demo.database.directory / "report.html").read_text(encoding="utf-8")


@cache
def tables(text: str) -> dict[str, dict[str, list[Any]]]:
    found: dict[str, dict[str, list[Any]]] = embedded(text)["tables"]
    return found


def held(demo: DemoRun, table: str, columns: str) -> Rows:
    """What the page holds of these columns, in an order of its own."""
    found = tables(page(demo))[table]
    return sorted(zip(*(found[name] for name in columns.split(", ")), strict=True), key=repr)


def read(database: Database, query: str) -> Rows:
    """The rows of a query as JSON has them, in the order of `held()`."""
    rows = database.query(query)
    as_text = [
        tuple(value.isoformat() if hasattr(value, "isoformat") else value for value in row)
        for row in rows
    ]
    return sorted(as_text, key=repr)


@pytest.mark.parametrize(("view", "date", "columns"), BY_DATE, ids=[view for view, *_ in BY_DATE])
def test_what_is_by_date_is_the_view_of_two_years(
    demo: DemoRun, view: str, date: str, columns: str
) -> None:
    expected = read(
        demo.database,
        f"select {date}, {columns} from analytics.{view} where {date} in (select activity_date"
        f" from analytics.daily_active_users order by 1 desc limit {DAYS})",
    )
    assert held(demo, view, f"{date}, {columns}") == expected
    assert len({row[0] for row in expected}) == DAYS


@pytest.mark.parametrize(
    ("view", "columns"),
    [
        ("active_users", "active_users, is_complete"),
        ("user_lifecycle", "new_users, retained_users, resurrected_users, dormant_users"),
        ("stickiness", "days_active, users"),
    ],
)
def test_what_is_by_period_is_the_view(demo: DemoRun, view: str, columns: str) -> None:
    names = f"period, period_start, {columns}"
    found = held(demo, view, names)
    first = {period: min(row[1] for row in found if row[0] == period) for period, *_ in found}
    everything = read(demo.database, f"select {names} from analytics.{view}")
    assert found == [row for row in everything if row[1] >= first[row[0]]]
    assert len({row[1] for row in found if row[0] == "week"}) == DAYS // 7


def test_each_retention_has_the_cells_of_its_latest_cohorts(demo: DemoRun) -> None:
    names = "retention, cohort_start, period_number, cohort_users, retained_users, is_complete"
    found = held(demo, "cohort_retention", names)
    expected: Rows = []
    for retention, limit in (
        ("daily_activity", COHORTS["day"]),
        ("weekly_activity", COHORTS["week"]),
        ("monthly_activity", COHORTS["month"]),
    ):
        expected += read(
            demo.database,
            f"select {names} from analytics.cohort_retention where retention = '{retention}'"
            f" and period_number <= {PERIODS} and cohort_start in (select distinct cohort_start"
            f" from analytics.cohort_retention where retention = '{retention}'"
            f" order by 1 desc limit {limit})",
        )
    assert found == sorted(expected, key=repr)


def test_what_has_no_dates_is_the_view(demo: DemoRun) -> None:
    for view, columns in (
        ("funnel_conversion", "funnel, step, users, median_seconds_from_previous"),
        ("churn_summary", "churn_status, users, share"),
        ("event_catalog", "event_name, events, users"),
        ("event_properties", "event_name, property, events, share, example_value"),
    ):
        assert held(demo, view, columns) == read(
            demo.database, f"select {columns} from analytics.{view}"
        )


def test_the_values_of_a_segment_are_those_of_the_view_and_add_up_to_all(demo: DemoRun) -> None:
    names = "segment, segment_value, activity_date, dau, wau, mau"
    found = held(demo, "daily_active_users_by_segment", names)
    assert len({row[1] for row in found}) <= 3 * (VALUES + 1)
    everything = read(demo.database, f"select {names} from analytics.daily_active_users_by_segment")
    dates = set(sorted(tables(page(demo))["daily_active_users"]["activity_date"])[-SEGMENT_DAYS:])
    # the demo has fewer values than have a line each, so that none is added to others
    assert found == [row for row in everything if row[2] in dates]


def test_cohorts_by_segment_add_up_to_those_of_the_triangle(demo: DemoRun) -> None:
    names = "retention, cohort_start, period_number, cohort_users, retained_users, is_complete"
    total = sum(
        row[4]
        for row in held(demo, "cohort_retention", names)
        if row[0] == "weekly_activity" and row[2] == 1 and row[5]
    )
    cells = held(
        demo, "cohort_retention_by_segment", "segment, retention, period_number, retained_users"
    )
    segments = {row[0] for row in cells}
    assert len(segments) == 3
    for segment in segments:
        assert total == sum(row[3] for row in cells if row[:3] == (segment, "weekly_activity", 1))


def test_both_engines_draw_the_same_page(duckdb_demo: DemoRun, postgres_demo: DemoRun) -> None:
    pages = [re.sub(r'"made_at":"[^"]*"', "", page(demo)) for demo in (duckdb_demo, postgres_demo)]
    assert pages[0] == pages[1]


def test_the_demo_says_where_its_report_is(demo: DemoRun) -> None:
    assert f"{demo.database.directory / 'report.html'} " in demo.stdout


@pytest.mark.unusual
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
