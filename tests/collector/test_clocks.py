"""The clocks of senders: which times are corrected, which stay, and that their order does."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from collector.clocks import clock
from collector.intake import Arrival
from collector.posthog import PostHog
from collector.protocol import Protocol
from collector.segment import Batched
from collector.settings import Settings
from loader.contract import Event, time_text
from serving.grants import Grant
from tests.collector.conftest import StartCollector
from tests.collector.running import KEY, Collector, basic
from tests.support.databases import Database

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOTHING = timedelta()
MICROSECOND = timedelta(microseconds=1)
TOLERANCE = timedelta(seconds=Settings().clock_tolerance)
REQUEST = Request({"type": "http", "method": "POST", "headers": [], "query_string": b""})

#: The times of a delivery's events (None: an event that says none), and when it says it was sent.
Body = Callable[[Sequence[datetime | None], datetime], dict[str, Any]]


def segment_body(times: Sequence[datetime | None], sent: datetime) -> dict[str, Any]:
    """A batch as Segment's SDKs send it."""
    messages = [
        {"type": "track", "event": f"step_{place}", "messageId": _id(), "userId": "ada"}
        | ({"timestamp": time_text(moment)} if moment else {})
        for place, moment in enumerate(times)
    ]
    return {"batch": messages, "sentAt": time_text(sent)}


def posthog_body(times: Sequence[datetime | None], sent: datetime) -> dict[str, Any]:
    """A batch as PostHog's SDKs send it."""
    events = [
        {"event": f"step_{place}", "uuid": _id(), "distinct_id": "ada"}
        | ({"timestamp": time_text(moment)} if moment else {})
        for place, moment in enumerate(times)
    ]
    return {"api_key": KEY, "batch": events, "sent_at": time_text(sent)}


def offset_body(times: Sequence[datetime | None], sent: datetime) -> dict[str, Any]:
    """The same with the age of each event, in milliseconds, in place of its time."""
    body = posthog_body([None for _ in times], sent)
    for event, moment in zip(body["batch"], times, strict=True):
        if moment:
            event["offset"] = (sent - moment) / timedelta(milliseconds=1)
    return body


PROTOCOLS: dict[str, tuple[Protocol, Body]] = {
    "segment": (Batched(), segment_body),
    "posthog": (PostHog(browser=False), posthog_body),
    "posthog, by offset": (PostHog(browser=False), offset_body),
}
by_protocol = pytest.mark.parametrize(
    ("protocol", "body"), PROTOCOLS.values(), ids=PROTOCOLS.keys()
)


def _id() -> str:
    return str(uuid.uuid4())


def judged(protocol: Protocol, body: dict[str, Any], received: datetime) -> list[datetime]:
    """The times of the events of a body that arrives then."""
    settings = Settings(future_tolerance=NOTHING)
    arrival = Arrival(
        Grant("a source"), KEY, received, settings.contract(received), settings.clock_tolerance
    )
    found = []
    for item in protocol.items(REQUEST, protocol.read(REQUEST, json.dumps(body)), arrival):
        assert isinstance(item.result, Event), item.result
        found.append(item.result.event_time)
    return found


GAPS = st.timedeltas(NOTHING, timedelta(minutes=5)) | st.sampled_from([NOTHING, MICROSECOND])
DELAYS = st.timedeltas(NOTHING, TOLERANCE) | st.sampled_from([NOTHING, TOLERANCE])
BEYOND = st.timedeltas(TOLERANCE + MICROSECOND, timedelta(days=400)) | st.just(
    TOLERANCE + MICROSECOND
)


@by_protocol
@given(deliveries=st.lists(st.tuples(st.lists(GAPS, min_size=1), GAPS, DELAYS), min_size=1))
def test_deliveries_by_a_right_clock_are_in_the_order_of_capture_however_late_within_the_tolerance(
    protocol: Protocol,
    body: Body,
    deliveries: list[tuple[list[timedelta], timedelta, timedelta]],
) -> None:
    """Gaps between events, the wait before they are sent, and the way, for each delivery."""
    now = NOON
    captured: list[datetime] = []
    stored: list[datetime] = []
    for gaps, wait, delay in deliveries:
        times = []
        for gap in gaps:
            now += gap
            times.append(now)
        captured += times
        stored += judged(protocol, body(times, now + wait), now + wait + delay)
    assert stored == captured


@by_protocol
@given(ages=st.lists(GAPS, min_size=1), off=BEYOND, ahead=st.booleans())
def test_a_clock_that_is_off_by_more_is_corrected_by_the_difference(
    protocol: Protocol, body: Body, ages: list[timedelta], off: timedelta, ahead: bool
) -> None:
    sent = NOON + (off if ahead else -off)
    stored = judged(protocol, body([sent - age for age in ages], sent), NOON)
    assert stored == [NOON - age for age in ages]


@by_protocol
@given(
    ages=st.lists(st.none() | GAPS, min_size=2),
    off=st.one_of(DELAYS, BEYOND, DELAYS.map(lambda by: -by)),
)
def test_whatever_the_clock_the_order_within_a_request_stays(
    protocol: Protocol, body: Body, ages: list[timedelta | None], off: timedelta
) -> None:
    """An event without a time is the last of its delivery."""
    sent = NOON + off
    said = sorted(sent - age for age in ages if age is not None)
    times = [*said, *(None for age in ages if age is None)]
    stored = judged(protocol, body(times, sent), NOON)
    assert stored == sorted(stored)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_edge_of_the_tolerance_is_within_it(sign: int) -> None:
    at_the_edge = clock(NOON - sign * TOLERANCE, NOON, 60.0)
    assert at_the_edge.corrected(NOON) == NOON
    assert at_the_edge.sent == NOON - sign * TOLERANCE
    off = sign * (TOLERANCE + MICROSECOND)
    beyond = clock(NOON - off, NOON, 60.0)
    assert beyond.corrected(NOON - off) == NOON
    assert beyond.sent == NOON


def test_without_a_tolerance_every_difference_is_corrected() -> None:
    assert clock(NOON - MICROSECOND, NOON, 0.0).corrected(NOON) == NOON + MICROSECOND
    assert clock(NOON, NOON, 0.0).corrected(NOON) == NOON


def test_an_uncorrected_clock_brings_no_event_from_too_far_in_the_future() -> None:
    latest = Settings(future_tolerance=NOTHING, clock_tolerance=90.0).contract(NOON).latest
    assert latest == NOON + timedelta(seconds=90)
    assert Settings(clock_tolerance=90.0).contract(NOON).latest == NOON + timedelta(hours=24)


# With a database

ROUTES = {"/v1/batch": segment_body, "/batch/": posthog_body, "/e/": offset_body}


def deliver(collector: Collector, route: str, body: dict[str, Any]) -> dict[str, Any]:
    """Send a body by the route's protocol; what was answered."""
    headers = basic() if route.startswith("/v1/") else {}
    answer = collector.post(route, body, headers=headers)
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def stored_events(collector: Collector) -> list[tuple[str, datetime]]:
    """Names and times of the events, in the order of the times."""
    rows = sorted(collector.rows("event_time, event_name"))
    return [(name, moment.astimezone(UTC)) for moment, name in rows]


@pytest.mark.parametrize(("route", "body"), ROUTES.items())
def test_what_was_captured_first_stays_first_though_it_arrives_last(
    collector: Collector, route: str, body: Body
) -> None:
    first = datetime.now(UTC) - timedelta(seconds=8)
    second = first + timedelta(seconds=2)
    prompt = body([second], second + timedelta(milliseconds=100))
    prompt["batch"][0]["event"] = "step_1"
    deliver(collector, route, prompt)
    deliver(collector, route, body([first], first + timedelta(milliseconds=100)))
    assert stored_events(collector) == [("step_0", first), ("step_1", second)]


@pytest.mark.parametrize(("route", "body"), ROUTES.items())
def test_a_retry_on_the_other_side_of_the_tolerance_is_the_same_event(
    collector: Collector, route: str, body: Body
) -> None:
    moment = datetime.now(UTC)
    sent = body([moment, None], moment)
    again = sent | {"sentAt" if "sentAt" in sent else "sent_at": time_text(moment - 90 * TOLERANCE)}
    for delivery, name in ((sent, "appended"), (again, "duplicate"), (sent, "duplicate")):
        answer = deliver(collector, route, delivery)
        names = {"appended": "accepted", "duplicate": "duplicates"}
        assert answer[names[name] if route == "/v1/batch" else name] == 2
    assert stored_events(collector) == [("step_0", moment), ("step_1", moment)]
    assert collector.rejects() == []


def test_the_tolerance_is_an_option(
    duckdb_database: Database, start_collector: StartCollector
) -> None:
    collector = start_collector(
        duckdb_database,
        *("--future-tolerance", "0"),
        env={"COLLECTOR_SERVE_CLOCK_TOLERANCE": "20"},
    )
    now = datetime.now(UTC)
    seconds = timedelta(seconds=1)
    ahead, late = now + 10 * seconds, now - 40 * seconds
    deliver(collector, "/v1/batch", segment_body([ahead], ahead))
    [(_, kept)] = stored_events(collector)
    assert kept == ahead
    deliver(collector, "/v1/batch", segment_body([late], late))
    corrected, _ = (moment for _, moment in stored_events(collector))
    assert abs(corrected - now) < 10 * seconds
