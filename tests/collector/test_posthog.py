"""PostHog's protocol: routes, keys, encodings, ids, clocks, and what is stored."""

from __future__ import annotations

import base64
import gzip
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import pytest

from tests.collector.running import KEY, TIME, Collector

ROUTES = ("/batch/", "/batch", "/e/", "/e", "/capture/", "/i/v0/e/", "/track/", "/engage/")


def capture(user: Any = "ada", **changes: Any) -> dict[str, Any]:
    """An event as PostHog's SDKs send it."""
    return {
        "event": "Order Completed",
        "distinct_id": user,
        "uuid": str(uuid.uuid4()),
        "timestamp": TIME,
        "properties": {"total": 12.5},
        **changes,
    }


def batch(*events: Any, **more: Any) -> dict[str, Any]:
    """A batch of events."""
    return {"api_key": KEY, "batch": list(events), **more}


def send(collector: Collector, *events: Any, **more: Any) -> dict[str, Any]:
    """Send a batch and return what was answered."""
    answer = collector.post("/batch/", batch(*events, **more), headers={})
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_takes_a_batch(collector: Collector, route: str) -> None:
    answer = collector.post(route, batch(capture()), headers={})
    assert answer.status_code == 200
    assert answer.json()["status"] == 1
    assert answer.json()["appended"] == 1
    assert collector.rows("event_name, user_id") == [("Order Completed", "ada")]


BODIES: dict[str, Any] = {
    "batch with api_key": batch(capture()),
    "batch with token": {"token": KEY, "batch": [capture()]},
    "batch that wins over its events": batch(capture(api_key="other")),
    "array": [capture(token=KEY), capture(api_key=KEY)],
    "array, key in one": [capture(**{"$token": KEY}), capture()],
    "array, key in properties": [capture(properties={"token": KEY})],
    "event with api_key": capture(api_key=KEY),
    "event with token": capture(token=KEY),
    "event with key in properties": capture(properties={"token": KEY}),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_key_is_found_wherever_it_is_and_not_stored(collector: Collector, body: Any) -> None:
    answer = collector.post("/e/", body, headers={})
    assert answer.status_code == 200, answer.text
    assert answer.json()["appended"] == (len(body) if isinstance(body, list) else 1)
    assert KEY not in json.dumps(collector.properties())


def test_the_key_is_found_in_an_event_that_is_rejected(collector: Collector) -> None:
    text = f'{{"event": "x", "properties": {{"token": "{KEY}", "a": "\\ud800"}}}}'
    answer = collector.post("/e/", text.encode(), headers={})
    assert answer.json()["rejected"] == 1


EVENTS = json.dumps([capture("ü?>", token=KEY, uuid="0190c9c0-9a3e-7cc5-8d7e-2f7f0d5bd9a1")])
PLAIN = base64.b64encode(EVENTS.encode()).decode()
ENCODINGS: dict[str, tuple[str, bytes, dict[str, str]]] = {
    "plain": ("/e/", EVENTS.encode(), {"Content-Type": "application/json"}),
    "gzip with header": ("/e/", gzip.compress(EVENTS.encode()), {"Content-Encoding": "gzip"}),
    "gzip as text": (
        "/e/?compression=gzip-js",
        gzip.compress(EVENTS.encode()),
        {"Content-Type": "text/plain"},
    ),
    "form with base64": (
        "/e/?compression=base64",
        f"data={quote_plus(PLAIN)}".encode(),
        {"Content-Type": "application/x-www-form-urlencoded"},
    ),
    "form with base64 that nobody quoted": ("/e/?compression=base64", f"data={PLAIN}".encode(), {}),
    "form with JSON": ("/e/", f"data={quote_plus(EVENTS)}".encode(), {}),
    "form, packed": ("/e/", gzip.compress(f"data={quote_plus(EVENTS)}".encode()), {}),
}


@pytest.mark.parametrize(("path", "body", "headers"), ENCODINGS.values(), ids=ENCODINGS)
def test_every_encoding_is_understood(
    collector: Collector, path: str, body: bytes, headers: dict[str, str]
) -> None:
    answer = collector.post(path, body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert collector.rows("user_id, cast(event_id as varchar)") == [
        ("ü?>", "0190c9c0-9a3e-7cc5-8d7e-2f7f0d5bd9a1")
    ]


@pytest.mark.parametrize("data", [PLAIN, EVENTS])
def test_a_query_may_hold_the_events(collector: Collector, data: str) -> None:
    answer = collector.client.get("/e/", params={"data": data})
    assert answer.json()["appended"] == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/e/", b""),
        ("/e/", b"data"),
        ("/e/", b"data=%%%"),
        ("/e/", b"other=1"),
        ("/e/", b"7"),
        ("/e/", b"{"),
        ("/e/?compression=lz64", b"anything"),
    ],
)
def test_an_unreadable_body_is_refused(collector: Collector, path: str, body: bytes) -> None:
    answer = collector.post(path, body, headers={})
    assert answer.status_code == 400
    assert answer.json()["code"] in ("unreadable_body", "unsupported_compression")


def test_the_user_is_found_under_three_names_cut_and_made_text(collector: Collector) -> None:
    send(
        collector,
        capture("a", **{"$distinct_id": "x"}),
        capture(None, **{"$distinct_id": "b"}),
        capture("", properties={"distinct_id": "c"}),
        capture(7),
        capture("d" * 300),
    )
    assert collector.rows("user_id") == [("7",), ("a",), ("b",), ("c",), ("d" * 200,)]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (capture(event=""), "missing_event_name"),
        (capture(None), "missing_user_id"),
        (capture(uuid="7"), "invalid_event_id"),
        (capture(timestamp="soon"), "invalid_event_time"),
        (capture(timestamp="2126-01-01T00:00:00Z"), "event_time_in_future"),
        (capture(offset=1e300), "invalid_event_time"),
        (capture(properties=[]), "properties_not_an_object"),
        (capture(properties={"a": "\udfff"}), "lone_surrogate"),
        (7, "not_an_object"),
    ],
)
def test_a_bad_event_is_kept_aside_and_stops_no_other(
    collector: Collector, event: Any, reason: str
) -> None:
    answer = send(collector, capture("a"), event, capture("b"))
    assert (answer["status"], answer["appended"], answer["rejected"]) == (1, 2, 1)
    assert collector.rejects() == [(reason,)]


def test_an_event_without_a_uuid_is_given_one(collector: Collector) -> None:
    for given in (None, ""):
        assert send(collector, capture(uuid=given))["appended"] == 1
    assert len(collector.rows()) == 2


def stored_times(collector: Collector) -> list[datetime]:
    return [moment.astimezone(UTC) for (moment,) in collector.rows("event_time")]


def shown(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def milliseconds(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))


@pytest.mark.parametrize("where", ["body", "sent_at", "_", "text"])
def test_a_wrong_clock_is_corrected_and_its_time_kept(collector: Collector, where: str) -> None:
    now = datetime.now(UTC)
    wrong = now + timedelta(hours=7)
    said = shown(wrong - timedelta(minutes=1))
    path = {
        "body": "/batch/",
        "sent_at": f"/batch/?sent_at={milliseconds(wrong)}",
        "_": f"/batch/?_={milliseconds(wrong)}&ver=1",
        "text": f"/batch/?sent_at={quote_plus(shown(wrong))}",
    }[where]
    more = {"sent_at": shown(wrong)} if where == "body" else {}
    collector.post(path, batch(capture(timestamp=said), **more), headers={})
    [stored] = stored_times(collector)
    assert abs(stored - (now - timedelta(minutes=1))) < timedelta(seconds=5)
    assert collector.properties()[0]["$original_timestamp"] == said


def test_a_sender_may_ask_for_no_correction(collector: Collector) -> None:
    now = shown(datetime.now(UTC))
    send(collector, capture(properties={"$ignore_sent_at": True}), sent_at=now)
    assert stored_times(collector) == [datetime.fromisoformat(TIME)]


@pytest.mark.parametrize("query", ["?sent_at=soon", "?_=99999999999999999999", "?_=-5", ""])
def test_without_a_readable_sent_at_the_time_stays(collector: Collector, query: str) -> None:
    collector.post(f"/batch/{query}", batch(capture()), headers={})
    assert stored_times(collector) == [datetime.fromisoformat(TIME)]


def test_an_offset_is_the_age_of_an_event(collector: Collector) -> None:
    now = datetime.now(UTC)
    send(collector, capture(offset=90_000))
    [stored] = stored_times(collector)
    assert abs(stored - (now - timedelta(seconds=90))) < timedelta(seconds=5)
    assert collector.properties()[0]["$original_offset"] == 90_000


def test_a_retry_is_the_same_event_although_it_is_sent_at_another_time(
    collector: Collector,
) -> None:
    for event in (capture(), capture(offset=5, timestamp=None), capture(timestamp=None)):
        assert send(collector, event, sent_at="2026-03-01T10:00:00Z")["appended"] == 1
        assert send(collector, event, sent_at="2026-03-01T10:00:07Z")["duplicate"] == 1
    assert collector.rejects() == []


def test_changes_of_a_person_are_kept(collector: Collector) -> None:
    event = capture(event="$identify", **{"$set": {"plan": "pro"}, "$set_once": {"x": 1}})
    send(collector, event)
    found = collector.properties()[0]
    assert found["$set"] == {"plan": "pro"}
    assert found["$set_once"] == {"x": 1}
    assert collector.rows("event_name") == [("$identify",)]


@pytest.mark.parametrize("path", ["/flags/?v=2", "/flags", "/decide/?v=3", "/array/key/config"])
def test_calls_at_the_start_are_answered(collector: Collector, path: str) -> None:
    for answer in (collector.post(path, {}, headers={}), collector.client.get(path)):
        assert answer.status_code == 200
        assert answer.json() == {"flags": {}, "featureFlags": {}}
