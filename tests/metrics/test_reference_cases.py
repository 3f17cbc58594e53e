"""Cases worked out by hand that hold the reference itself: days, periods, signups, churn."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from tests.metrics.logs import at, log, select
from tests.reference import (
    VIEWS,
    ActionRow,
    ChurnWindow,
    Definitions,
    Event,
    History,
    Settings,
    compute,
)

D = date

CHURN = Definitions(
    churn_windows=(
        ChurnWindow("active", 0, 6),
        ChurnWindow("soft_churn", 7, 13),
        ChurnWindow("churned", 14, 29),
        ChurnWindow("hard_churn", 30, None),
    )
)


# Active users


def test_weekly_window_is_the_day_and_the_six_before_it() -> None:
    events = log("ann A 2024-01-01T23:59", "bob A 2024-01-08T00:00")
    assert select("activity_date dau wau mau", "daily_active_users", events)[-2:] == [
        (D(2024, 1, 7), 0, 1, 1),
        (D(2024, 1, 8), 1, 1, 2),
    ]


def test_stickiness_is_null_once_the_monthly_window_is_empty() -> None:
    events = log("ann A 2024-01-01T00:00", "ann A 2024-01-04T00:00")
    assert select(
        "activity_date wau mau stickiness", "daily_active_users", events, wau_days=1, mau_days=2
    ) == [
        (D(2024, 1, 1), 1, 1, 1.0),
        (D(2024, 1, 2), 0, 1, 0.0),
        (D(2024, 1, 3), 0, 0, None),
        (D(2024, 1, 4), 1, 1, 1.0),
    ]


def test_calendar_starts_with_any_event_but_only_activity_makes_users_active() -> None:
    events = log("ann page 2024-01-01T00:00", "ann buy 2024-01-02T00:00")
    assert select("activity_date dau", "daily_active_users", events, activity_events=("buy",)) == [
        (D(2024, 1, 1), 0),
        (D(2024, 1, 2), 1),
    ]


def test_days_are_local_dates_through_both_clock_changes() -> None:
    spring = log(
        "last_instant_of_the_day_before A 2024-03-30T22:59:59.999999",
        "first_instant A 2024-03-30T23:00",
        "last_instant_of_a_day_of_23_hours A 2024-03-31T21:59:59.999999",
        "day_after A 2024-03-31T22:00",
    )
    autumn = log(
        "first_instant A 2024-10-26T22:00",
        "last_instant_of_a_day_of_25_hours A 2024-10-27T22:59:59.999999",
        "day_after A 2024-10-27T23:00",
    )
    berlin = "Europe/Berlin"
    assert select("activity_date dau", "daily_active_users", spring, reporting_timezone=berlin) == [
        (D(2024, 3, 30), 1),
        (D(2024, 3, 31), 2),
        (D(2024, 4, 1), 1),
    ]
    assert select("activity_date dau", "daily_active_users", autumn, reporting_timezone=berlin) == [
        (D(2024, 10, 27), 2),
        (D(2024, 10, 28), 1),
    ]


def test_weeks_start_as_the_setting_says() -> None:
    events = log("sat A 2024-03-02T12:00", "sun A 2024-03-03T12:00", "mon A 2024-03-04T12:00")
    columns = "period period_start active_users"
    monday = select(columns, "active_users", events)
    sunday = select(columns, "active_users", events, week_start="sunday")
    assert [row for row in monday if row[0] == "week"] == [
        ("week", D(2024, 2, 26), 2),
        ("week", D(2024, 3, 4), 1),
    ]
    assert [row for row in sunday if row[0] == "week"] == [
        ("week", D(2024, 2, 25), 1),
        ("week", D(2024, 3, 3), 2),
    ]


def test_the_day_that_is_still_running_completes_no_period() -> None:
    events = log("ann A 2024-02-29T00:00", "ann A 2024-03-31T10:00")  # a Sunday
    columns = "period period_start is_complete"
    assert select(columns, "active_users", events)[-8:] == [
        ("day", D(2024, 3, 31), False),
        ("month", D(2024, 2, 1), True),
        ("month", D(2024, 3, 1), False),
        ("week", D(2024, 2, 26), True),
        ("week", D(2024, 3, 4), True),
        ("week", D(2024, 3, 11), True),
        ("week", D(2024, 3, 18), True),
        ("week", D(2024, 3, 25), False),
    ]
    as_set = select(columns, "active_users", events, as_of_date=D(2024, 3, 31))
    assert {row[2] for row in as_set} == {True}


def test_events_after_as_of_date_do_not_exist() -> None:
    events = log(
        "ann A 2024-01-01T00:00",
        "ann A 2024-01-02T22:59:59.999999",
        "ann B 2024-01-02T23:00",  # 3 January in Berlin
    )
    settings = {"reporting_timezone": "Europe/Berlin", "as_of_date": D(2024, 1, 2)}
    assert select("event_name events", "event_catalog", events, **settings) == [("A", 2)]
    assert select("activity_date", "daily_active_users", events, **settings) == [
        (D(2024, 1, 1),),
        (D(2024, 1, 2),),
    ]


def test_calendar_runs_on_to_an_as_of_date_after_the_last_event() -> None:
    events = log("ann A 2023-12-31T10:00")
    assert select("signup_date signups", "signups", events, as_of_date=D(2024, 1, 2)) == [
        (D(2023, 12, 31), 1),
        (D(2024, 1, 1), 0),
        (D(2024, 1, 2), 0),
    ]


def test_without_events_only_definitions_make_rows() -> None:
    filled = {name for name in VIEWS if compute(name, [], CHURN, Settings())}
    assert filled == {"churn_summary"}
    assert select("users share", "churn_summary", [], CHURN) == [(0, None)] * 4


# Signups


def test_signup_is_the_earliest_signup_event_or_there_is_none() -> None:
    events = log(
        "ann page 2024-01-01T00:00",
        "ann join 2024-01-02T00:00",
        "ann join 2024-01-03T00:00",
        "never_joined page 2024-01-03T00:00",
    )
    assert select("signup_date signups", "signups", events, signup_event="join") == [
        (D(2024, 1, 1), 0),
        (D(2024, 1, 2), 1),
        (D(2024, 1, 3), 0),
    ]
    assert select("signup_date signups", "signups", events) == [
        (D(2024, 1, 1), 1),
        (D(2024, 1, 2), 0),
        (D(2024, 1, 3), 1),
    ]


# Churn


def test_churn_windows_include_both_edges() -> None:
    last_dates = {0: "01-31", 6: "01-25", 7: "01-24", 13: "01-18", 14: "01-17", 29: "01-02"}
    events = log(*(f"u{days} A 2024-{day}T12:00" for days, day in last_dates.items()))
    events += log("u30 A 2024-01-01T23:59")
    assert select("days_inactive churn_status", "user_churn", events, CHURN) == [
        (0, "active"),
        (6, "active"),
        (7, "soft_churn"),
        (13, "soft_churn"),
        (14, "churned"),
        (29, "churned"),
        (30, "hard_churn"),
    ]
    assert select("churn_status users share", "churn_summary", events, CHURN) == [
        ("active", 2, 2 / 7),
        ("churned", 2, 2 / 7),
        ("hard_churn", 1, 1 / 7),
        ("soft_churn", 2, 2 / 7),
    ]


def test_past_churn_does_not_know_of_later_returns() -> None:
    events = log("ann A 2024-01-01T00:00", "ann A 2024-01-09T00:00", "bob A 2024-01-08T00:00")
    rows = select("as_of_date churn_status users", "daily_churn", events, CHURN)
    assert len(rows) == 9 * 4
    assert [row for row in rows if row[2]][-5:] == [
        (D(2024, 1, 6), "active", 1),
        (D(2024, 1, 7), "active", 1),
        (D(2024, 1, 8), "active", 1),
        (D(2024, 1, 8), "soft_churn", 1),
        (D(2024, 1, 9), "active", 2),
    ]


def test_users_without_activity_are_in_no_churn_view() -> None:
    events = log("ann page 2024-01-01T00:00", "bob buy 2024-01-01T00:00")
    assert select("user_id", "user_churn", events, CHURN, activity_events=("buy",)) == [("bob",)]
    assert (1, 1.0) in select(
        "users share", "churn_summary", events, CHURN, activity_events=("buy",)
    )


# Catalog


def test_catalog_counts_events_and_users_and_keeps_both_ends() -> None:
    events = log(
        "ann A 2024-01-01T00:00:00.000001", "ann A 2024-01-03T00:00", "bob A 2024-01-02T00:00"
    )
    columns = "event_name events users first_event_at last_event_at"
    assert select(columns, "event_catalog", events) == [
        ("A", 3, 2, at("2024-01-01T00:00:00.000001"), at("2024-01-03T00:00")),
    ]


# Actions


def action(*rows: str) -> Definitions:
    """One action `act`; a row is an event name, or event name, property, operator and value."""
    return Definitions(actions=tuple(ActionRow("act", *row.split()) for row in rows))


def acts(properties: Mapping[str, object], *rows: str) -> bool:
    """Whether one event `A` with these properties is what the action asks for."""
    event = Event(UUID(int=1), "A", at("2024-01-01T00:00"), "ann", properties)
    return History([event], action(*rows), Settings()).matches(event, "act")


def test_rows_of_one_event_name_must_all_hold_and_other_names_are_alternatives() -> None:
    assert acts({"p": "x", "q": 1}, "A p equals x", "A q exists", "B p equals y")
    assert not acts({"p": "x"}, "A p equals x", "A q exists", "B")
    assert acts({}, "B p exists", "A")
    assert not acts({}, "B")


def test_a_missing_property_is_not_equal_to_anything() -> None:
    missing: list[Mapping[str, object]] = [{}, {"p": None}]
    for properties in missing:
        assert not acts(properties, "A p equals x")
        assert acts(properties, "A p not_equals x")
        assert not acts(properties, "A p contains x")
        assert not acts(properties, "A p exists")


def test_values_compare_as_text_and_case_counts() -> None:
    assert acts({"p": 5}, "A p equals 5")
    assert acts({"p": True}, "A p equals true")
    assert not acts({"p": 5.0}, "A p equals 5")
    assert not acts({"p": "X"}, "A p equals x")
    assert acts({"p": "axb"}, "A p contains x")


def test_an_action_comes_before_an_event_of_its_name() -> None:
    named_like_an_action = Event(UUID(int=1), "act", at("2024-01-01T00:00"), "ann")
    history = History([named_like_an_action], action("A"), Settings())
    assert not history.matches(named_like_an_action, "act")


def test_actions_may_be_activity_and_signup() -> None:
    events = log("ann A 2024-01-01T00:00", "ann B 2024-01-02T00:00", "ann C 2024-01-03T00:00")
    settings = {"activity_events": ("act", "C"), "signup_event": "act"}
    days = select("activity_date dau", "daily_active_users", events, action("B"), **settings)
    assert days == [(D(2024, 1, 1), 0), (D(2024, 1, 2), 1), (D(2024, 1, 3), 1)]
    signups = select("signup_date signups", "signups", events, action("B"), **settings)
    assert signups == [(D(2024, 1, 1), 0), (D(2024, 1, 2), 1), (D(2024, 1, 3), 0)]


# Lifecycle, stickiness and sessions


def test_lifecycle_of_a_user_with_a_gap_and_of_one_who_stays_away() -> None:
    events = log("ann A 2024-01-01T10:00", "bob A 2024-01-02T10:00", "ann A 2024-01-03T10:00")
    columns = "period period_start new_users retained_users resurrected_users dormant_users"
    assert select(f"{columns} quick_ratio", "user_lifecycle", events)[:3] == [
        ("day", D(2024, 1, 1), 1, 0, 0, 0, None),
        ("day", D(2024, 1, 2), 1, 0, 0, 1, 1.0),
        ("day", D(2024, 1, 3), 0, 0, 1, 1, 1.0),
    ]


def test_stickiness_counts_dates_not_events() -> None:
    events = log("ann A 2024-01-01T10:00", "ann A 2024-01-01T11:00", "bob A 2024-01-01T10:00")
    events += log("bob A 2024-01-03T10:00")
    found = select("period days_active users", "stickiness", events)
    weeks = [(number, users) for period, number, users in found if period == "week"]
    assert weeks == [(1, 1), (2, 1), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0)]


def test_a_pause_of_the_gap_itself_does_not_end_a_session() -> None:
    events = log("ann A 2024-01-01T23:50", "ann A 2024-01-02T00:20", "ann B 2024-01-02T00:50:01")
    assert sorted(select("events duration_seconds", "sessions", events)) == [(1, 0.0), (2, 1800.0)]
    assert select("step_number from_event to_event sessions", "event_paths", events) == [
        (1, "A", "A", 1)
    ]
