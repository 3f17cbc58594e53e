"""Metrics that are asked for by `mf query` equal the public views, on both engines."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from statistics import fmean
from typing import Any

import pytest

from tests.metrics_layer.conftest import README_QUESTION, Answer, MetricsLayer
from tests.support.databases import REPOSITORY

pytestmark = pytest.mark.slow


def assert_same(answer: Answer, expected: Answer, *key: str) -> None:
    """Check that two answers have the same rows by key, and the same numbers but for rounding."""
    given = {tuple(row[name] for name in key): row for row in answer}
    wanted = {tuple(row[name] for name in key): row for row in expected}
    assert len(given) == len(answer)
    assert given.keys() == wanted.keys()
    for place, row in wanted.items():
        assert given[place] == pytest.approx(row), place


def monday(day: date) -> date:
    return day - timedelta(day.weekday())


def by_week(rows: Answer, time: str, *key: str) -> dict[tuple[Any, ...], Answer]:
    """The rows of a view by the week that they lie in, and by more of their columns."""
    weeks: dict[tuple[Any, ...], Answer] = defaultdict(list)
    for row in rows:
        weeks[monday(row[time]), *(row[name] for name in key)].append(row)
    return weeks


def test_the_question_of_the_readme(layer: MetricsLayer) -> None:
    command = f"mf query {' '.join(README_QUESTION)}"
    assert command in " ".join((REPOSITORY / "README.md").read_text().split())
    answer = layer.answer("readme")
    days = by_week(layer.view("daily_active_users"), "activity_date")
    joined = by_week(layer.view("signups"), "signup_date")
    weeks = {
        row["period_start"]: row for row in layer.view("user_lifecycle") if row["period"] == "week"
    }
    expected = [
        {
            "metric_time__week": week,
            "dau": fmean(day["dau"] for day in days[week,]),
            "signups": sum(day["signups"] for day in joined[week,]),
            "quick_ratio": row["quick_ratio"],
        }
        for week, row in weeks.items()
    ]
    assert_same(answer, expected, "metric_time__week")


def test_by_day_each_metric_is_its_view(layer: MetricsLayer) -> None:
    answer = layer.answer("days")
    signups = {row["signup_date"]: row for row in layer.view("signups")}
    sessions = {row["session_date"]: row for row in layer.view("daily_sessions")}
    users: dict[date, int] = defaultdict(int)
    for row in layer.view("daily_churn"):
        users[row["as_of_date"]] += row["users"]
    expected = [
        {
            "metric_time__day": (day := row["activity_date"]),
            "active_users": row["dau"],
            "dau": row["dau"],
            "wau": row["wau"],
            "mau": row["mau"],
            "stickiness": row["stickiness"],
            "signups": signups[day]["signups"],
            "sessions": sessions[day]["sessions"],
            "session_users": sessions[day]["users"],
            "median_session_seconds": sessions[day]["median_duration_seconds"],
            "events_per_session": sessions[day]["events_per_session"],
            "known_users": users[day],
        }
        for row in layer.view("daily_active_users")
    ]
    assert_same(answer, expected, "metric_time__day")


def test_users_of_a_month_are_counted_once(layer: MetricsLayer) -> None:
    time = "metric_time__month"
    expected = [
        {time: row["period_start"], "active_users": row["active_users"]}
        for row in layer.view("active_users")
        if row["period"] == "month"
    ]
    assert_same(layer.answer("months"), expected, time)


def test_events_by_name_are_the_event_catalog(layer: MetricsLayer) -> None:
    answer = layer.answer("event_names")
    expected = [
        {
            "event__event_name": row["event_name"],
            "events": row["events"],
            "event_users": row["users"],
        }
        for row in layer.view("event_catalog")
    ]
    assert_same(answer, expected, "event__event_name")


def test_users_have_their_churn_status_in_each_metric(layer: MetricsLayer) -> None:
    summary = {row["churn_status"]: row["users"] for row in layer.view("churn_summary")}
    # by the status of each user, who is looked up, and by that of daily_churn on its last date
    assert summary == {
        row["user_id__churn_status"]: row["active_users"] for row in layer.answer("status_of_users")
    }
    assert summary == {
        row["churn__churn_status"]: row["known_users"] for row in layer.answer("status_at_the_end")
    }


def test_product_overview_by_week_is_that_of_the_weekly_views(layer: MetricsLayer) -> None:
    answer = layer.answer("product_overview_by_week")
    kinds = ("new_users", "retained_users", "resurrected_users", "dormant_users", "quick_ratio")
    columns = ("metric_time__week", "active_users", *kinds)
    expected = [
        {"metric_time__week": row["period_start"]} | {name: row[name] for name in columns[1:]}
        for row in layer.view("user_lifecycle")
        if row["period"] == "week"
    ]
    given = [{name: row[name] for name in columns} for row in answer]
    assert_same(given, expected, "metric_time__week")


def test_churn_by_week_is_that_of_its_last_day(layer: MetricsLayer) -> None:
    expected = [
        {
            "metric_time__week": week,
            "churn__churn_status": status,
            "known_users": max(days, key=lambda day: day["as_of_date"])["users"],
        }
        for (week, status), days in by_week(
            layer.view("daily_churn"), "as_of_date", "churn_status"
        ).items()
    ]
    answer = layer.answer("churn_by_week")
    assert_same(answer, expected, "metric_time__week", "churn__churn_status")


def test_the_retention_triangle_has_the_complete_cells(layer: MetricsLayer) -> None:
    expected = [
        {
            "cell__retention": row["retention"],
            "metric_time__day": row["cohort_start"],
            "cell__period_number": row["period_number"],
            "cohort_users": row["cohort_users"],
            "cohort_returned_users": row["retained_users"],
            "retention_rate": row["retention_rate"],
            "unbounded_retention_rate": row["retained_users_unbounded"] / row["cohort_users"]
            if row["cohort_users"]
            else None,
        }
        for row in layer.view("cohort_retention")
        if row["is_complete"]
    ]
    key = ("cell__retention", "metric_time__day", "cell__period_number")
    assert_same(layer.answer("retention_triangle"), expected, *key)


def test_return_of_signups_is_of_all_of_a_week_together(layer: MetricsLayer) -> None:
    next_day = by_week(
        [row for row in layer.view("day_1_retention") if row["is_complete"]], "cohort_date"
    )
    expected = [
        {
            "metric_time__week": week,
            "signups": sum(day["cohort_users"] for day in days),
            "day_1_retention_rate": rate(next_day[week,], "retained_users"),
            "basic_retention_rate": rate(days, "returned_users"),
        }
        for (week,), days in by_week(layer.view("basic_retention"), "cohort_date").items()
    ]
    answer = layer.answer("return_of_signups_by_week")
    assert_same(answer, expected, "metric_time__week")


def rate(days: Answer, column: str) -> float | None:
    users = sum(day["cohort_users"] for day in days)
    returned: int = sum(day[column] for day in days)
    return returned / users if users else None


def test_onboarding_funnels_compare_first_and_last_step(layer: MetricsLayer) -> None:
    complete = [row for row in layer.view("funnel_conversion_daily") if row["is_complete"]]
    expected = []
    for (week, funnel), rows in by_week(complete, "entry_date", "funnel").items():
        last = max(row["step"] for row in rows)
        entered = sum(row["users"] for row in rows if row["step"] == 1)
        converted = sum(row["users"] for row in rows if row["step"] == last)
        expected.append(
            {
                "metric_time__week": week,
                "entry__funnel": funnel,
                "funnel_entered_users": entered,
                "funnel_converted_users": converted,
                "funnel_conversion_rate": converted / entered if entered else None,
            }
        )
    answer = layer.answer("onboarding_funnels_by_week")
    assert_same(answer, expected, "metric_time__week", "entry__funnel")
