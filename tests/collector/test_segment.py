"""Segment's protocol: routes, keys, ids, clocks, and what is stored."""

from __future__ import annotations

import gzip
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from loader.ids import message_uuid
from serving.tokens import digest
from tests.collector.conftest import StartCollector
from tests.collector.running import KEY, TIME, Collector, basic
from tests.support.databases import Database

BATCH_ROUTES = ("/v1/batch", "/v1/import", "/v1/b")
SINGLE_ROUTES = {
    "track": ("/v1/track", "/v1/t"),
    "identify": ("/v1/identify", "/v1/i"),
    "page": ("/v1/page", "/v1/p"),
    "screen": ("/v1/screen", "/v1/s"),
    "group": ("/v1/group", "/v1/g"),
    "alias": ("/v1/alias", "/v1/a"),
}
SOURCE = f"key-{digest(KEY)[:12]}"


def track(user: str | float | None = "ada", **changes: Any) -> dict[str, Any]:
    """A message as Segment's SDKs send it."""
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": str(uuid.uuid4()),
        "userId": user,
        "timestamp": TIME,
        "properties": {"total": 12.5},
        **changes,
    }


def batch(*messages: Any, **more: Any) -> dict[str, Any]:
    """A batch of messages."""
    return {"batch": list(messages), **more}


def send(collector: Collector, *messages: Any, **more: Any) -> dict[str, Any]:
    """Send a batch and return what was answered."""
    answer = collector.post("/v1/batch", batch(*messages, **more), headers=basic())
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("route", BATCH_ROUTES)
def test_every_batch_route_takes_a_batch(collector: Collector, route: str, slash: str) -> None:
    answer = collector.post(route + slash, batch(track()), headers=basic())
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "accepted": 1,
        "duplicates": 0,
        "without_message_id": 0,
        "rejected": [],
    }
    assert collector.rows("event_name, user_id") == [("Order Completed", "ada")]


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    ("kind", "route"), [(kind, route) for kind, routes in SINGLE_ROUTES.items() for route in routes]
)
def test_every_single_route_knows_its_type(
    collector: Collector, kind: str, route: str, slash: str
) -> None:
    message = {key: value for key, value in track().items() if key != "type"}
    answer = collector.post(route + slash, message, headers=basic())
    assert answer.status_code == 200, answer.text
    name = "Order Completed" if kind == "track" else kind
    assert collector.rows("event_name") == [(name,)]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (basic(), batch(track())),
        ({"Authorization": f"Bearer {KEY}"}, batch(track(), writeKey="ignored")),
        ({}, batch(track(), writeKey=KEY)),
        ({}, batch(track(writeKey=KEY), track(writeKey=KEY))),
        ({}, batch(track(writeKey=KEY), track())),
    ],
    ids=["basic", "bearer", "batch", "each message", "one message"],
)
def test_the_write_key_is_found_wherever_it_is(
    collector: Collector, headers: dict[str, str], body: dict[str, Any]
) -> None:
    answer = collector.post("/v1/batch", body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["accepted"] == len(body["batch"])
    assert all("writeKey" not in properties for properties in collector.properties())


def test_messages_that_disagree_on_their_key_are_refused(collector: Collector) -> None:
    body = batch(track(writeKey=KEY), track(writeKey="other"))
    assert collector.post("/v1/batch", body, headers={}).status_code == 401


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("packed", [False, True])
def test_the_content_type_does_not_matter(
    collector: Collector, content_type: str | None, packed: bool
) -> None:
    body = json.dumps(batch(track())).encode()
    headers = basic() | ({"Content-Type": content_type} if content_type else {})
    answer = collector.post("/v1/batch", gzip.compress(body) if packed else body, headers=headers)
    assert answer.json()["accepted"] == 1


def test_a_uuid_is_the_id_in_lower_case(collector: Collector) -> None:
    known = str(uuid.uuid4())
    send(collector, track(messageId=known.upper()))
    assert collector.rows("cast(event_id as varchar)") == [(known,)]


NODE_ID = "node-next-1700000000000-1b671a64-40d5-491e-99b0-da01ff1f3341"


@pytest.mark.parametrize("given", [NODE_ID, "7", "é", 7])
def test_other_message_ids_make_ids_that_are_the_same_each_time(
    collector: Collector, given: str | int
) -> None:
    assert send(collector, track(messageId=given))["accepted"] == 1
    assert send(collector, track(messageId=given))["duplicates"] == 1
    expected = message_uuid(SOURCE, str(given))
    assert collector.rows("cast(event_id as varchar)") == [(str(expected),)]
    assert collector.properties()[0]["$message_id"] == str(given)


def test_one_source_does_not_suppress_another_ones_events(
    duckdb_database: Database, start_collector: StartCollector
) -> None:
    collector = start_collector(duckdb_database, keys=(KEY, "other"))
    for key in (KEY, "other"):
        answer = collector.post("/v1/batch", batch(track(messageId="1")), headers=basic(key))
        assert answer.json()["accepted"] == 1
    assert len(collector.rows()) == 2


def test_a_message_without_an_id_is_new_each_time_and_the_answer_says_so(
    collector: Collector,
) -> None:
    for _ in range(2):
        answer = send(collector, track(messageId=None), track())
        assert answer["accepted"] == 2
        assert answer["without_message_id"] == 1
    assert len(collector.rows()) == 4


def test_a_retry_is_the_same_event_although_it_is_sent_at_another_time(
    collector: Collector,
) -> None:
    message = track()
    assert send(collector, message, sentAt="2026-03-01T09:30:05Z")["accepted"] == 1
    again = send(collector, {**message, "sentAt": TIME}, sentAt="2026-03-01T09:47:00.5Z")
    assert again["duplicates"] == 1
    assert again["rejected"] == []
    assert collector.rejects() == []


def test_an_id_that_stands_for_another_event_is_reported(collector: Collector) -> None:
    message = track()
    changes: list[dict[str, Any]] = [
        {"event": "x"},
        {"userId": "b"},
        {"properties": {}},
        {"timestamp": "2026-03-02T00:00:00Z"},
    ]
    for changed in changes:
        send(collector, message)
        answer = send(collector, {**message, **changed})
        assert answer["rejected"] == [
            {"index": 0, "messageId": message["messageId"], "reason": "conflicting_event_id"}
        ]
    assert len(collector.rows()) == 1
    assert len(collector.rejects()) == 4


def stored_times(collector: Collector) -> list[datetime]:
    return [moment.astimezone(UTC) for (moment,) in collector.rows("event_time")]


def shown(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("skew", [timedelta(hours=-5), timedelta(minutes=3), timedelta(days=40)])
@pytest.mark.parametrize("name", ["timestamp", "originalTimestamp"])
def test_a_wrong_clock_is_corrected_and_its_time_kept(
    collector: Collector, skew: timedelta, name: str
) -> None:
    """The event happened a minute before it was sent, whatever the sender's clock says."""
    now = datetime.now(UTC)
    said = shown(now + skew - timedelta(minutes=1))
    message = {key: value for key, value in track().items() if key != "timestamp"}
    send(collector, {**message, name: said}, sentAt=shown(now + skew))
    [stored] = stored_times(collector)
    assert abs(stored - (now - timedelta(minutes=1))) < timedelta(seconds=5)
    assert collector.properties()[0]["$original_timestamp"] == said


def test_a_time_set_by_hand_beside_rudderstacks_own_stays_as_it_was_set(
    collector: Collector,
) -> None:
    now = datetime.now(UTC)
    message = track(originalTimestamp=shown(now + timedelta(hours=3)))
    send(collector, message, sentAt=shown(now + timedelta(hours=3)), timestamp=shown(now))
    assert stored_times(collector) == [datetime.fromisoformat(TIME)]


@pytest.mark.parametrize("sent", [None, "", "soon", 7, "2026-03-01T09:30:00"])
def test_without_a_readable_sent_at_the_time_stays(collector: Collector, sent: object) -> None:
    send(collector, track(), sentAt=sent)
    assert stored_times(collector) == [datetime.fromisoformat(TIME)]


def test_without_any_time_it_is_now(collector: Collector) -> None:
    now = datetime.now(UTC)
    send(collector, track(timestamp=None), sentAt=shown(now - timedelta(hours=9)))
    [stored] = stored_times(collector)
    assert abs(stored - now) < timedelta(seconds=5)
    assert collector.properties()[0]["$original_timestamp"] is None


def test_a_time_that_correction_drives_out_of_range_is_rejected(collector: Collector) -> None:
    answer = send(collector, track(timestamp="9999-12-31T00:00:00Z"), sentAt="0001-01-01T00:00:00Z")
    assert answer["rejected"][0]["reason"] == "invalid_event_time"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (track(None), "missing_user_id"),
        (track("  "), "missing_user_id"),
        (track(event=None), "missing_event_name"),
        (track(event=""), "missing_event_name"),
        (track(event=7), "invalid_event_name"),
        (track(type="purchase"), "unknown_type"),
        (track(type=None), "unknown_type"),
        (track(properties=[1]), "properties_not_an_object"),
        (track(timestamp="yesterday"), "invalid_event_time"),
        (track(timestamp=1700000000), "invalid_event_time"),
        (track(messageId=["x"]), "invalid_event_id"),
        (track(userId={"id": 1}), "invalid_user_id"),
        (track(properties={"a": "\ud800"}), "lone_surrogate"),
        (track(properties={"a": "\x00"}), "null_character"),
        (track(event=float("nan")), "missing_event_name"),
        (track(timestamp="2126-01-01T00:00:00Z"), "event_time_in_future"),
        ("text", "not_an_object"),
        (None, "not_an_object"),
    ],
)
def test_a_bad_message_is_kept_aside_and_stops_no_other(
    collector: Collector, message: Any, reason: str
) -> None:
    answer = send(collector, track("a"), message, track("b"))
    given = message.get("messageId") if isinstance(message, dict) else None
    assert answer["success"] is True
    assert answer["accepted"] == 2
    [refused] = answer["rejected"]
    assert refused["index"] == 1
    assert refused["reason"] == reason
    assert refused["messageId"] in (given, None)
    assert collector.rows("user_id") == [("a",), ("b",)]
    assert collector.rejects("reason, source") == [(reason, "http /v1/batch")]
    send(collector, track("a"), message)
    assert len(collector.rejects()) == 1


def test_numbers_beyond_64_bits_and_nulls_are_no_reason_to_reject(collector: Collector) -> None:
    message = track(context=None, anonymousId=None, properties={"n": 2**70, "x": None})
    assert send(collector, message, context=None)["accepted"] == 1
    assert collector.properties()[0]["n"] == 2**70


def test_ids_that_come_as_numbers_become_text(collector: Collector) -> None:
    send(collector, track(7), track(12.5), track(None, anonymousId=8))
    assert collector.rows("user_id") == [("12.5",), ("7",), ("8",)]


def test_an_anonymous_user_is_a_user_and_both_ids_are_kept(collector: Collector) -> None:
    send(collector, track(None, anonymousId="anon"), track("ada", anonymousId="anon"))
    assert collector.rows("user_id") == [("ada",), ("anon",)]
    properties = collector.properties("user_id = 'ada'") + collector.properties("user_id = 'anon'")
    assert [found.get("$anonymous_id") for found in properties] == ["anon", None]


def test_what_surrounds_an_event_is_kept_in_its_properties(collector: Collector) -> None:
    common = {"ip": "10.0.0.1", "library": {"name": "x"}}
    page = track(type="page", name="Home", category="Docs", context={"library": {"name": "y"}})
    send(collector, page, context=common, integrations={"All": True})
    found = collector.properties()[0]
    assert found == {
        "total": 12.5,
        "$name": "Home",
        "$category": "Docs",
        "$context": {"ip": "10.0.0.1", "library": {"name": "y"}},
        "$integrations": {"All": True},
        "$original_timestamp": TIME,
    }


def test_identity_calls_are_events_of_their_own_names(collector: Collector) -> None:
    send(
        collector,
        track(type="identify", traits={"plan": "pro"}),
        track(type="group", groupId="acme", traits={"seats": 5}),
        track(type="alias", previousId="anon"),
    )
    assert collector.rows("event_name") == [("alias",), ("group",), ("identify",)]
    assert collector.properties("event_name = 'identify'")[0]["plan"] == "pro"
    group = collector.properties("event_name = 'group'")[0]
    assert (group["$group_id"], group["seats"]) == ("acme", 5)
    assert collector.properties("event_name = 'alias'")[0]["$previous_id"] == "anon"


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", '{"batch": 7}', '{"batch": [}', '{"batch": [1], "batch": []}', '{"batch": [1'],
)
def test_a_body_that_is_no_batch_is_refused(collector: Collector, body: str) -> None:
    answer = collector.post("/v1/batch", body.encode(), headers=basic())
    assert answer.status_code == 400
    assert answer.json()["code"] == "unreadable_body"


def test_an_empty_batch_is_a_success(collector: Collector) -> None:
    assert send(collector)["success"] is True
