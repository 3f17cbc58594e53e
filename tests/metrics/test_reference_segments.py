"""Cases worked out by hand that hold the reference itself: segments."""

from datetime import date
from uuid import UUID

import pytest

from tests.metrics.logs import at, log, select
from tests.reference import ChurnWindow, Definitions, Event, Funnel, Retention, Segment, Step

D = date

PLANS = (Segment("first_plan", "plan", "first"), Segment("latest_plan", "plan", "latest"))
DEFINITIONS = Definitions(
    segments=PLANS[:1],
    churn_windows=(ChurnWindow("active", 0, 0), ChurnWindow("gone", 1, None)),
    retentions=(Retention("daily", "*", "first_time", "*", "day", 1),),
    funnels=(Funnel("pair", (Step("A"), Step("B"))),),
)


def events_with_plans(*lines: str, plans: tuple[object, ...]) -> list[Event]:
    """Events from lines of `user event time`, each with its plan; `...` leaves it out."""
    return [
        Event(event.event_id, event.event_name, event.event_time, event.user_id, properties)
        for event, plan in zip(log(*lines), plans, strict=True)
        for properties in [{} if plan is ... else {"plan": plan}]
    ]


def picked(*plans: object) -> list[object]:
    """First and latest plan of a user whose events, an hour apart, have these plans."""
    lines = [f"ann A 2024-01-01T{hour:02}:00" for hour in range(len(plans))]
    events = events_with_plans(*lines, plans=plans)
    rows = select("segment segment_value", "user_segments", events, Definitions(segments=PLANS))
    assert [row[0] for row in rows] == ["first_plan", "latest_plan"]
    return [row[1] for row in rows]


@pytest.mark.parametrize(
    ("plans", "first", "latest"),
    [
        (("free", "team", "pro"), "free", "pro"),
        (("free",), "free", "free"),
        # without a value an event says nothing
        ((..., None, "pro", ..., None), "pro", "pro"),
        ((..., None), "(none)", "(none)"),
        # an empty text is a value, and so are numbers, true and false
        (("", "pro"), "", "pro"),
        ((5, True), "5", "true"),
        (("5", 5, "true"), "5", "true"),
        # an object or a list is none
        (({"name": "pro"}, "pro", ["pro"]), "pro", "pro"),
    ],
)
def test_the_first_and_the_latest_value_count(
    plans: tuple[object, ...], first: str, latest: str
) -> None:
    assert picked(*plans) == [first, latest]


def test_values_of_one_instant_count_by_id() -> None:
    noon = at("2024-01-01T12:00")
    events = [
        Event(UUID(int=number), "A", noon, "ann", {"plan": plan})
        for number, plan in [(2, "middle"), (3, "largest"), (1, "smallest")]
    ]
    rows = select("segment segment_value", "user_segments", events, Definitions(segments=PLANS))
    assert rows == [("first_plan", "smallest"), ("latest_plan", "largest")]


def test_events_after_as_of_date_give_no_value() -> None:
    events = events_with_plans("ann A 2024-01-01T00:00", "ann A 2024-01-02T00:00", plans=(..., "p"))
    rows = select(
        "segment_value",
        "user_segments",
        events,
        DEFINITIONS,
        as_of_date=D(2024, 1, 1),
    )
    assert rows == [("(none)",)]


# A report by segment is the plain one of each value's users, of whom there are any in each row.
EVENTS = events_with_plans(
    "ann A 2024-01-01T10:00",
    "ann B 2024-01-02T10:00",
    "bob A 2024-01-02T11:00",
    "cay B 2024-01-03T12:00",
    plans=("pro", ..., "pro", ...),
)


def test_a_value_has_the_dates_on_which_anybody_is_in_a_window() -> None:
    columns = "segment_value activity_date dau wau stickiness"
    rows = select(columns, "daily_active_users_by_segment", EVENTS, DEFINITIONS, wau_days=1)
    assert rows == [
        ("(none)", D(2024, 1, 3), 1, 1, 1.0),
        ("pro", D(2024, 1, 1), 1, 1, 1.0),
        ("pro", D(2024, 1, 2), 2, 2, 1.0),
        ("pro", D(2024, 1, 3), 0, 0, 0.0),
    ]


def test_a_value_has_every_cell_of_the_cohorts_in_which_it_has_users() -> None:
    columns = "segment_value cohort_start period_number cohort_users retained_users is_complete"
    rows = select(columns, "cohort_retention_by_segment", EVENTS, DEFINITIONS)
    assert rows == [
        ("(none)", D(2024, 1, 3), 0, 1, 1, False),
        ("pro", D(2024, 1, 1), 0, 1, 1, True),
        ("pro", D(2024, 1, 1), 1, 1, 1, True),
        ("pro", D(2024, 1, 2), 0, 1, 1, True),
        ("pro", D(2024, 1, 2), 1, 1, 0, False),
    ]


def test_a_value_has_the_steps_that_its_users_reached_and_every_status() -> None:
    steps = select("segment_value step users", "funnel_conversion_by_segment", EVENTS, DEFINITIONS)
    assert steps == [("pro", 1, 2), ("pro", 2, 1)]
    columns = "segment_value churn_status users share"
    statuses = select(columns, "churn_summary_by_segment", EVENTS, DEFINITIONS)
    assert statuses == [
        ("(none)", "active", 1, 1.0),
        ("(none)", "gone", 0, 0.0),
        ("pro", "active", 0, 0.0),
        ("pro", "gone", 2, 1.0),
    ]


def test_a_value_that_nobody_has_is_no_row() -> None:
    assert select("segment_value", "churn_summary_by_segment", [], DEFINITIONS) == []
    values = select("segment_value", "user_segments", EVENTS[3:], DEFINITIONS)
    assert values == [("(none)",)]
