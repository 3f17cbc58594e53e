"""Cases worked out by hand that hold the reference itself: retention."""

from datetime import date

from tests.metrics.logs import log, select
from tests.reference import Definitions, Retention

D = date


def retention(
    cohort_event: str, kind: str, return_event: str, period: str, periods: int
) -> Definitions:
    return Definitions(
        retentions=(Retention("r", cohort_event, kind, return_event, period, periods),)
    )


def test_day_1_is_the_next_date_not_the_next_24_hours() -> None:
    events = log(
        "two_minutes_over_midnight A 2024-02-28T23:59",
        "two_minutes_over_midnight A 2024-02-29T00:01",
        "same_date A 2024-02-28T00:00",
        "same_date A 2024-02-28T23:59",
        "two_dates_later A 2024-02-28T12:00",
        "two_dates_later A 2024-03-01T00:00",
    )
    columns = "cohort_date cohort_users {} retention_rate"
    assert select(columns.format("retained_users"), "day_1_retention", events) == [
        (D(2024, 2, 28), 3, 1, 1 / 3),
        (D(2024, 2, 29), 0, 0, None),
        (D(2024, 3, 1), 0, 0, None),
    ]
    assert select(columns.format("returned_users"), "basic_retention", events)[0] == (
        D(2024, 2, 28),
        3,
        2,
        2 / 3,
    )


def test_day_1_is_complete_once_the_next_date_is_over() -> None:
    events = log("ann A 2024-01-01T00:00", "ann A 2024-01-03T00:00")
    columns = "cohort_date is_complete"
    assert select(columns, "day_1_retention", events) == [
        (D(2024, 1, 1), True),
        (D(2024, 1, 2), False),
        (D(2024, 1, 3), False),
    ]
    assert select(columns, "day_1_retention", events, as_of_date=D(2024, 1, 3)) == [
        (D(2024, 1, 1), True),
        (D(2024, 1, 2), True),
        (D(2024, 1, 3), False),
    ]


def test_first_time_cohorts_look_at_all_history_and_list_empty_ones() -> None:
    events = log(
        "ann A 2024-01-31T00:00",
        "ann A 2024-03-01T00:00",  # not a second cohort
        "bob B 2024-02-10T00:00",  # never did the cohort event
    )
    columns = "cohort_start period_number cohort_users retained_users retention_rate"
    definitions = retention("A", "first_time", "*", "month", 2)
    assert select(columns, "cohort_retention", events, definitions) == [
        (D(2024, 1, 1), 0, 1, 1, 1.0),
        (D(2024, 1, 1), 1, 1, 0, 0.0),
        (D(2024, 1, 1), 2, 1, 1, 1.0),
        (D(2024, 2, 1), 0, 0, 0, None),
        (D(2024, 2, 1), 1, 0, 0, None),
        (D(2024, 3, 1), 0, 0, 0, None),
    ]


def test_cell_0_is_the_cohort_even_if_nobody_did_the_return_event() -> None:
    events = log("ann A 2024-01-01T00:00")
    columns = "cohort_users retained_users retained_users_unbounded retention_rate"
    definitions = retention("A", "first_time", "B", "day", 1)
    assert select(columns, "cohort_retention", events, definitions) == [(1, 1, 1, 1.0)]


def test_recurring_cohorts_and_unbounded_returns_beyond_the_listed_cells() -> None:
    events = log(
        "ann A 2024-01-01T00:00",
        "ann A 2024-01-02T00:00",
        "ann B 2024-01-04T00:00",
        "bob A 2024-01-02T00:00",
        "bob B 2024-01-03T00:00",
    )
    columns = "cohort_start period_number cohort_users retained_users retained_users_unbounded"
    definitions = retention("A", "recurring", "B", "day", 1)
    assert select(columns, "cohort_retention", events, definitions) == [
        (D(2024, 1, 1), 0, 1, 1, 1),
        (D(2024, 1, 1), 1, 1, 0, 1),  # returned on the third day, which is no cell
        (D(2024, 1, 2), 0, 2, 2, 2),
        (D(2024, 1, 2), 1, 2, 1, 2),
        (D(2024, 1, 3), 0, 0, 0, 0),
        (D(2024, 1, 3), 1, 0, 0, 0),
        (D(2024, 1, 4), 0, 0, 0, 0),
    ]


def test_a_return_before_the_cohort_event_in_the_same_history_does_not_count() -> None:
    events = log("ann B 2024-01-01T00:00", "ann A 2024-01-02T00:00", "bob C 2024-01-03T00:00")
    columns = "cohort_start period_number retained_users retained_users_unbounded"
    definitions = retention("A", "first_time", "B", "day", 1)
    assert (D(2024, 1, 2), 1, 0, 0) in select(columns, "cohort_retention", events, definitions)


def test_a_cell_is_complete_once_its_own_week_is_over() -> None:
    events = log("ann A 2024-01-01T00:00", "ann A 2024-01-14T12:00")  # Monday; Sunday next week
    columns = "cohort_start period_number is_complete"
    definitions = retention("*", "first_time", "*", "week", 1)
    assert select(columns, "cohort_retention", events, definitions) == [
        (D(2024, 1, 1), 0, True),
        (D(2024, 1, 1), 1, False),
        (D(2024, 1, 8), 0, False),
    ]
    late = select(columns, "cohort_retention", events, definitions, as_of_date=D(2024, 1, 14))
    assert [row[2] for row in late] == [True, True, True]
