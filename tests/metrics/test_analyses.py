"""Each worked question in analyses/ runs as it is compiled, and agrees with the public views."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.metrics.views import PublicViews
from tests.support.databases import REPOSITORY, Engine

pytestmark = pytest.mark.slow

ANALYSES = sorted(path.stem for path in (REPOSITORY / "analyses").glob("*.sql"))


# Rows of whatever columns; which, the view's contract and the analysis say.
Rows = list[Any]


def total(rows: Rows, column: str) -> int:
    return sum(int(row[column]) for row in rows)


def first_events_that_bring_users_back(rows: Rows, views: PublicViews) -> None:
    days = [day["period_start"] for day in periods(views, "day")]
    joined: Rows = views.rows("signups")
    # without a signup_event, users begin on the date of their signup
    watched = [row for row in joined if row["signup_date"] + timedelta(28) <= max(days)]
    assert total(rows, "users") == total(watched, "signups")
    assert total(rows, "returned_users") <= total(views.rows("basic_retention"), "returned_users")


def monthly_session_lengths(rows: Rows, views: PublicViews) -> None:
    sessions: Rows = views.rows("daily_sessions")
    by_month = {row["month_start"]: row for row in rows}
    in_months = [row for row in sessions if row["session_date"].replace(day=1) in by_month]
    assert total(rows, "sessions") == total(in_months, "sessions")
    assert all(row["median_duration_seconds"] != 0 for row in rows)


def signup_weeks_that_retain_best(rows: Rows, views: PublicViews) -> None:
    retention: Rows = views.rows("cohort_retention")
    cells = {
        cell["cohort_start"]: cell
        for cell in retention
        if cell["retention"] == "weekly_activity" and cell["period_number"] == 4
    }
    assert all(row.items() <= cells[row["cohort_start"]].items() for row in rows)
    assert rows[0]["retention_rate"] == max(
        cell["retention_rate"]
        for cell in cells.values()
        if cell["is_complete"] and cell["cohort_users"] >= 100
    )


def users_about_to_churn(rows: Rows, views: PublicViews) -> None:
    churn: Rows = views.rows("user_churn")
    away = {row["user_id"]: row for row in churn}
    last = {row["user_id"]: row for row in rows}
    assert last.keys() == {
        user for user, row in away.items() if row["churn_status"] == "soft_churn"
    }
    for user, row in last.items():
        assert row["last_event_at"].date() == away[user]["last_active_date"]


def users_who_stopped_at_a_step(rows: Rows, views: PublicViews) -> None:
    funnels: Rows = views.rows("funnel_conversion")
    steps = {
        row["step"]: row["users"] for row in funnels if row["funnel"] == "question_to_feedback"
    }
    assert len(rows) == steps[2] - steps[3]


def weekly_conversion_of_complete_days(rows: Rows, views: PublicViews) -> None:
    entries = [
        row
        for row in views.rows("funnel_conversion_daily")
        if row["funnel"] == "question_to_feedback" and row["is_complete"] and row["step"] == 1
    ]
    assert total(rows, "entered_users") == total(entries, "users")


def where_growth_comes_from(rows: Rows, views: PublicViews) -> None:
    months = [row["period_start"] for row in periods(views, "month")]
    assert [row["month_start"] for row in rows] == sorted(months)
    for before, after in pairwise(rows):
        assert after["active_users"] - before["active_users"] == after["change_in_active_users"]


def where_users_of_an_app_leave_the_funnel(rows: Rows, views: PublicViews) -> None:
    funnels: Rows = views.rows("funnel_conversion")
    assert len({row["app"] for row in rows}) > 1
    for step in funnels:
        if step["funnel"] == "question_to_feedback":
            apps = [row for row in rows if row["step"] == step["step"]]
            assert total(apps, "users") == step["users"]


def periods(views: PublicViews, period: str) -> Rows:
    """The complete periods of one kind."""
    rows = views.rows("active_users")
    return [row for row in rows if row["period"] == period and row["is_complete"]]


CHECKS: dict[str, Callable[[Rows, PublicViews], None]] = {
    check.__name__: check
    for check in (
        first_events_that_bring_users_back,
        monthly_session_lengths,
        signup_weeks_that_retain_best,
        users_about_to_churn,
        users_who_stopped_at_a_step,
        weekly_conversion_of_complete_days,
        where_growth_comes_from,
        where_users_of_an_app_leave_the_funnel,
    )
}


@pytest.mark.parametrize("analysis", ANALYSES)
def test_an_analysis_agrees_with_the_views_on_both_engines(
    cofacts: dict[Engine, PublicViews], analysis: str
) -> None:
    rows = cofacts["duckdb"].answer(analysis)
    assert rows, "no answer would agree with anything"
    CHECKS[analysis](rows, cofacts["duckdb"])
    assert in_one_order(cofacts["postgres"].answer(analysis)) == in_one_order(rows)


def in_one_order(rows: Rows) -> Rows:
    """Sorted the same way for both engines, since databases differ in how they sort text."""
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])
