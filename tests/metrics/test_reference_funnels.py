"""Cases worked out by hand that hold the reference itself: funnels."""

from datetime import date, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.metrics.logs import at, log, select
from tests.reference import Definitions, Event, Funnel, History, Settings, Step, Value
from tests.reference.funnels import ordered_attempt

D = date
DAY = 86_400
BERLIN = "Europe/Berlin"


def funnel(*steps: str | tuple[str, int], window: int | None = None) -> Definitions:
    """One funnel `f`; a step is an event, or an event and its on_day."""
    return Definitions(
        funnels=(
            Funnel(
                "f",
                tuple(Step(s) if isinstance(s, str) else Step(*s) for s in steps),
                timedelta(seconds=window) if window is not None else None,
            ),
        )
    )


def depth(events: list[Event], definitions: Definitions, **settings: object) -> int:
    """How many steps the one user of the log reaches."""
    return len(select("step", "funnel_users", events, definitions, **settings))


def reached(
    events: list[Event], definitions: Definitions, **settings: object
) -> list[tuple[Value, ...]]:
    return select("user_id step reached_at", "funnel_users", events, definitions, **settings)


def test_window_runs_from_the_first_step_and_its_edge_counts() -> None:
    definitions = funnel("A", "B", "C", window=60)
    head = ("ann A 2024-01-01T00:00:00", "ann B 2024-01-01T00:00:40")
    assert depth(log(*head, "ann C 2024-01-01T00:01:00"), definitions) == 3
    assert depth(log(*head, "ann C 2024-01-01T00:01:00.000001"), definitions) == 2


@pytest.mark.parametrize("rows", list(permutations(["A", "B", "A", "B"])))
def test_a_repeated_pair_within_one_instant_converts_in_any_row_order(rows: list[str]) -> None:
    events = log(*(f"ann {name} 2024-01-01T00:00" for name in rows))
    assert depth(events, funnel("A", "B", "A", "B")) == 4


def test_steps_do_not_run_backwards() -> None:
    assert depth(log("ann B 2024-01-01T00:00", "ann A 2024-01-01T00:01"), funnel("A", "B")) == 1


def test_one_event_fills_one_step() -> None:
    once = log("ann A 2024-01-01T00:00")
    twice = log("ann A 2024-01-01T00:00", "ann A 2024-01-01T00:00")
    assert depth(once, funnel("A", "A")) == 1
    assert depth(once, funnel("A", "*")) == 1
    assert depth(twice, funnel("A", "A")) == 2


def test_overlapping_steps_share_an_instant_if_each_finds_its_own_event() -> None:
    # The event that the second step needs must not be spent on the first, whichever row is first.
    for names in permutations(["A", "B"]):
        events = log(*(f"ann {name} 2024-01-01T00:00" for name in names))
        assert depth(events, funnel("*", "B")) == 2
        assert depth(events, funnel("*", "A")) == 2


def test_of_starts_at_one_instant_the_quicker_way_gives_the_step_times() -> None:
    events = log(
        "ann A 2024-01-01T00:00",
        "ann B 2024-01-01T00:00",
        "ann A 2024-01-01T00:05",
        "ann C 2024-01-01T00:09",
    )
    # Starting with A, the next A is five minutes away; starting with B it is there already.
    assert reached(events, funnel("*", "A", "C")) == [
        ("ann", 1, at("2024-01-01T00:00")),
        ("ann", 2, at("2024-01-01T00:00")),
        ("ann", 3, at("2024-01-01T00:09")),
    ]


def test_a_later_start_counts_when_only_it_converts_within_the_window() -> None:
    events = log("ann A 2024-01-01T00:00", "ann A 2024-01-10T00:00", "ann B 2024-01-11T00:00")
    assert reached(events, funnel("A", "B", window=7 * DAY)) == [
        ("ann", 1, at("2024-01-10T00:00")),
        ("ann", 2, at("2024-01-11T00:00")),
    ]


def test_of_attempts_that_get_equally_far_the_earliest_counts() -> None:
    events = log("ann A 2024-01-01T00:00", "ann A 2024-01-01T01:00", "ann B 2024-01-01T02:00")
    assert reached(events, funnel("A", "B"))[0] == ("ann", 1, at("2024-01-01T00:00"))


def test_the_attempt_that_gets_furthest_counts_not_the_first_to_get_anywhere() -> None:
    events = log(
        "ann A 2024-01-01T00:00",
        "ann B 2024-01-01T01:00",
        "ann A 2024-02-01T00:00",
        "ann B 2024-02-01T01:00",
        "ann C 2024-02-01T02:00",
    )
    assert [row[2] for row in reached(events, funnel("A", "B", "C", window=DAY))] == [
        at("2024-02-01T00:00"),
        at("2024-02-01T01:00"),
        at("2024-02-01T02:00"),
    ]


def test_signup_is_one_event_even_when_others_share_its_instant() -> None:
    events = log("ann A 2024-01-01T00:00", "ann A 2024-01-01T00:00")
    assert depth(events, funnel("$signup", "$signup")) == 1
    assert depth(events, funnel("$signup", "*")) == 2


def test_signs_keep_their_meaning_where_an_event_has_such_a_name() -> None:
    events = log("ann A 2024-01-01T00:00", "ann $signup 2024-01-02T00:00", "bob A 2024-01-01T00:00")
    assert reached(events, funnel("$signup", "*")) == [
        ("ann", 1, at("2024-01-01T00:00")),
        ("ann", 2, at("2024-01-02T00:00")),
        ("bob", 1, at("2024-01-01T00:00")),
    ]
    assert depth(log("ann A 2024-01-01T00:00", "ann * 2024-01-02T00:00"), funnel("*", "A")) == 1


def test_on_day_counts_calendar_dates_through_the_clock_change() -> None:
    definitions = funnel("A", ("B", 1))
    start = "ann A 2024-03-30T23:30+01:00"
    for time, steps in {
        "2024-03-30T23:59+01:00": 1,  # still day 0
        "2024-03-31T00:00+01:00": 2,
        "2024-03-31T23:59+02:00": 2,
        "2024-04-01T00:00+02:00": 1,  # day 2
    }.items():
        assert depth(log(start, f"ann B {time}"), definitions, reporting_timezone=BERLIN) == steps


def test_a_window_is_elapsed_time_through_the_clock_change() -> None:
    definitions = funnel("A", "B", window=DAY)
    start = "ann A 2024-03-30T12:00+01:00"
    on_the_edge = log(start, "ann B 2024-03-31T13:00+02:00")
    past_it = log(start, "ann B 2024-03-31T13:00:00.000001+02:00")
    assert depth(on_the_edge, definitions, reporting_timezone=BERLIN) == 2
    assert depth(past_it, definitions, reporting_timezone=BERLIN) == 1


def test_conversion_lists_every_step_with_rates_and_times_from_the_step_before() -> None:
    events = log(
        "a A 2024-01-01T00:00:00",
        "a B 2024-01-01T00:00:01",
        "b A 2024-01-01T00:00:00",
        "b B 2024-01-01T00:00:02.000001",
        "c A 2024-01-01T00:00:00",
    )
    columns = (
        "step step_name users conversion_from_start conversion_from_previous "
        "median_seconds_from_previous average_seconds_from_previous"
    )
    assert select(columns, "funnel_conversion", events, funnel("A", "B", "C", "D")) == [
        (1, "A", 3, 1.0, None, None, None),
        (2, "B", 2, 2 / 3, 2 / 3, 1.5000005, 1.5000005),
        (3, "C", 0, 0.0, 0.0, None, None),
        (4, "D", 0, 0.0, None, None, None),
    ]
    assert select(columns, "funnel_conversion", [], funnel("A", "B")) == [
        (1, "A", 0, None, None, None, None),
        (2, "B", 0, None, None, None, None),
    ]


def daily(events: list[Event], definitions: Definitions) -> list[tuple[Value, ...]]:
    columns = "entry_date step users conversion_from_start open_users is_complete"
    return select(columns, "funnel_conversion_daily", events, definitions)


def test_a_day_is_open_until_the_window_of_its_last_instant_has_passed() -> None:
    start = "ann A 2024-01-01T12:00"
    definitions = funnel("A", "B", window=DAY)
    # The attempt's window ends on the 2nd, the last instant's too: open while the 2nd runs.
    assert daily(log(start, "bob C 2024-01-02T23:00"), definitions) == [
        (D(2024, 1, 1), 1, 1, 1.0, 1, False),
        (D(2024, 1, 1), 2, 0, 0.0, 0, False),
        (D(2024, 1, 2), 1, 0, None, 0, False),
        (D(2024, 1, 2), 2, 0, None, 0, False),
    ]
    assert daily(log(start, "bob C 2024-01-03T00:00"), definitions)[:2] == [
        (D(2024, 1, 1), 1, 1, 1.0, 0, True),
        (D(2024, 1, 1), 2, 0, 0.0, 0, True),
    ]


def test_an_attempt_is_open_at_the_step_it_stands_at_and_never_at_the_last() -> None:
    events = log("ann A 2024-01-01T12:00", "ann B 2024-01-01T13:00", "bob A 2024-01-01T12:00")
    assert daily(events, funnel("A", "B", "C")) == [
        (D(2024, 1, 1), 1, 2, 1.0, 1, False),
        (D(2024, 1, 1), 2, 1, 0.5, 1, False),
        (D(2024, 1, 1), 3, 0, 0.0, 0, False),
    ]


def test_on_day_closes_an_attempt_with_the_end_of_that_date() -> None:
    start = "ann A 2024-01-01T12:00"
    definitions = funnel("A", ("B", 1), window=7 * DAY)
    running = daily(log(start, "bob C 2024-01-02T00:00"), definitions)
    over = daily(log(start, "bob C 2024-01-03T00:00"), definitions)
    assert running[0] == (D(2024, 1, 1), 1, 1, 1.0, 1, False)
    assert over[0] == (D(2024, 1, 1), 1, 1, 1.0, 0, True)


def test_a_funnel_without_any_limit_is_never_complete() -> None:
    events = log("ann A 2024-01-01T12:00", "bob C 2025-01-01T00:00")
    rows = daily(events, funnel("A", "B"))
    assert rows[0] == (D(2024, 1, 1), 1, 1, 1.0, 1, False)
    assert not any(row[5] for row in rows)


INSTANTS = [datetime.fromisoformat(f"2024-01-0{day}T00:00Z") for day in (1, 2, 3, 4)]


@given(
    happened=st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from(INSTANTS)), max_size=6),
    steps=st.lists(st.sampled_from("AB*"), min_size=1, max_size=4),
    window=st.sampled_from([None, DAY, 2 * DAY]),
)
def test_an_attempt_finds_what_trying_every_arrangement_finds(
    happened: list[tuple[str, datetime]], steps: list[str], window: int | None
) -> None:
    events = [
        Event(UUID(int=number), name, time, "ann") for number, (name, time) in enumerate(happened)
    ]
    definitions = funnel(*steps, window=window)
    history = History(events, definitions, Settings())
    the_funnel = definitions.funnels[0]

    def fits(chosen: tuple[Event, ...]) -> bool:
        times = [event.event_time for event in chosen]
        return (
            times == sorted(times)
            and (window is None or times[-1] - times[0] <= timedelta(seconds=window))
            and all(s in ("*", e.event_name) for s, e in zip(steps, chosen, strict=False))
        )

    for start in events:
        if steps[0] not in ("*", start.event_name):
            continue
        others = [event for event in events if event is not start]
        earliest = []
        for count in range(len(steps)):
            chains = [(start, *rest) for rest in permutations(others, count)]
            ends = [chain[-1].event_time for chain in chains if fits(chain)]
            if not ends:
                break
            earliest.append(min(ends))
        assert ordered_attempt(history, the_funnel, history.events, start) == tuple(earliest)
