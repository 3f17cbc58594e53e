"""Each preset makes the expected events of a sample in its tool's layout."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from loader.contract import Contract, Event, Rejection, time_text
from loader.ids import is_uuid, message_uuid
from loader.mapping import MappingError, mapping_from_options
from loader.mapping.layout import read_layout
from loader.mapping.presets import preset, preset_names, preset_text
from loader.translated import Judge
from tests.loader.raw_tables import RawTables
from tests.support.run import run_loader

LATEST = datetime(2026, 12, 1, tzinfo=UTC)
UUID = "6f1ed002-ab5b-4e8c-9d2f-0123456789ab"
TIME = "2024-03-01T08:30:00.000000Z"


class Sample(NamedTuple):
    """A row of an export, and the event that it stands for; ``id`` None is a derived one."""

    row: dict[str, Any]
    id: str | None
    name: str
    time: str
    user: str
    properties: dict[str, Any]


def ga4(name: str, **value: Any) -> dict[str, Any]:
    """A parameter as BigQuery writes it."""
    empty = dict.fromkeys(("string_value", "int_value", "float_value", "double_value"))
    return {"key": name, "value": {**empty, **value}}


SAMPLES = {
    "mixpanel": Sample(
        {
            "event": "Signed Up",
            "properties": {
                "time": 1709281800,
                "distinct_id": "u1",
                "$insert_id": "29fc2962-6d9c-455d-95ad-95b84f09b9e4",
                "Referred by": "Friend",
                "mp_processing_time_ms": 1709281801000,
            },
        },
        "29fc2962-6d9c-455d-95ad-95b84f09b9e4",
        "Signed Up",
        TIME,
        "u1",
        {"Referred by": "Friend", "mp_processing_time_ms": 1709281801000},
    ),
    "amplitude": Sample(
        {
            "event_id": 7,
            "uuid": UUID,
            "$insert_id": "x-1",
            "event_type": "Viewed",
            "event_time": "2024-03-01 08:30:00.123000",
            "user_id": None,
            "device_id": "d1",
            "amplitude_id": 300,
            "platform": "iOS",
            "session_id": -1,
            "event_properties": {"plan": "pro"},
            "user_properties": {"plan": "team"},
            "groups": {},
        },
        UUID,
        "Viewed",
        "2024-03-01T08:30:00.123000Z",
        "d1",
        {
            "plan": "pro",
            "$user.plan": "team",
            "$groups": {},
            "$session_id": -1,
            "$device_id": "d1",
            "$amplitude_id": 300,
            "$platform": "iOS",
        },
    ),
    "posthog": Sample(
        {
            "uuid": UUID,
            "event": "$pageview",
            "distinct_id": "u1",
            "timestamp": "2024-03-01T08:30:00.000000+00:00",
            "properties": {"$current_url": "/", "token": "phc_x"},
            "$set": {"plan": "pro"},
            "person_id": UUID,
        },
        UUID,
        "$pageview",
        TIME,
        "u1",
        {
            "$current_url": "/",
            "$set": {"plan": "pro"},
            "$original_timestamp": "2024-03-01T08:30:00.000000+00:00",
        },
    ),
    "segment": Sample(
        {
            "anonymousId": "anon-1",
            "event": "Course Clicked",
            "messageId": "ajs-f8ca1e4de5024d9430b3928bd8ac6b96",
            "properties": {"title": "Intro"},
            "receivedAt": "2024-03-01T08:30:01.000Z",
            "timestamp": "2024-03-01T08:30:00.000Z",
            "type": "track",
            "userId": "u1",
            "context": {"ip": "198.51.100.7"},
        },
        "ajs-f8ca1e4de5024d9430b3928bd8ac6b96",
        "Course Clicked",
        TIME,
        "u1",
        {
            "title": "Intro",
            "$anonymous_id": "anon-1",
            "$context": {"ip": "198.51.100.7"},
            "$message_id": "ajs-f8ca1e4de5024d9430b3928bd8ac6b96",
            "$original_timestamp": "2024-03-01T08:30:00.000Z",
        },
    ),
    "rudderstack": Sample(
        {
            "type": "page",
            "name": "Home",
            "messageId": UUID,
            "anonymousId": "a1",
            "userId": "",
            "originalTimestamp": "2024-03-01T08:30:00.000Z",
            "properties": {"path": "/"},
            "channel": "web",
        },
        UUID,
        "page",
        TIME,
        "a1",
        {"path": "/", "$name": "Home", "$original_timestamp": "2024-03-01T08:30:00.000Z"},
    ),
    "segment-warehouse": Sample(
        {
            "id": "ajs-1",
            "event": "order_completed",
            "event_text": "Order Completed",
            "timestamp": "2024-03-01 08:30:00",
            "user_id": None,
            "anonymous_id": "a1",
            "total": 12.5,
        },
        "ajs-1",
        "Order Completed",
        TIME,
        "a1",
        {"event": "order_completed", "total": 12.5},
    ),
    "snowplow": Sample(
        {
            "app_id": "shop",
            "collector_tstamp": "2024-03-01 08:30:01.000",
            "derived_tstamp": "2024-03-01 08:30:00.000",
            "event": "unstruct",
            "event_id": UUID,
            "user_id": "",
            "domain_userid": "bc2e92ec6c204a14",
            "event_name": "link_click",
        },
        UUID,
        "link_click",
        TIME,
        "bc2e92ec6c204a14",
        {"app_id": "shop", "collector_tstamp": "2024-03-01 08:30:01.000", "event": "unstruct"},
    ),
    "ga4": Sample(
        {
            "event_date": "20240301",
            "event_timestamp": "1709281800123456",
            "event_name": "page_view",
            "event_params": [
                ga4("page_title", string_value="Home"),
                ga4("ga_session_id", int_value="1709281799"),
                ga4("score", double_value=0.5),
                ga4("nothing"),
            ],
            "user_pseudo_id": "1.2",
            "user_properties": [ga4("plan", string_value="pro")],
            "event_bundle_sequence_id": "5",
            "platform": "WEB",
        },
        None,
        "page_view",
        "2024-03-01T08:30:00.123456Z",
        "1.2",
        {
            "page_title": "Home",
            "ga_session_id": 1709281799,
            "score": 0.5,
            "nothing": None,
            "$user.plan": "pro",
            "$user_pseudo_id": "1.2",
            "$event_bundle_sequence_id": "5",
            "$platform": "WEB",
        },
    ),
    "heap": Sample(
        {
            "event_id": 2183748273,
            "time": "2024-03-01 08:30:00",
            "user_id": 7716,
            "session_id": 99,
            "event_table_name": "checkout_click",
        },
        "2183748273",
        "checkout_click",
        TIME,
        "7716",
        {"session_id": 99},
    ),
    "pendo": Sample(
        {
            "eventId": "9b1c",
            "eventClass": "track",
            "trackEventName": "Exported",
            "visitorId": "u1",
            "accountId": "acme",
            "browserTimestamp": 1709281800123,
            "properties": {"rows": 5},
        },
        "9b1c",
        "Exported",
        "2024-03-01T08:30:00.123000Z",
        "u1",
        {"rows": 5, "$eventClass": "track", "$accountId": "acme"},
    ),
    "umami": Sample(
        {
            "event_id": UUID,
            "session_id": "5f1ed002-ab5b-4e8c-9d2f-0123456789ab",
            "created_at": "2024-03-01 08:30:00",
            "url_path": "/pricing",
            "event_type": 1,
            "event_name": "",
        },
        UUID,
        "pageview",
        TIME,
        "5f1ed002-ab5b-4e8c-9d2f-0123456789ab",
        {"url_path": "/pricing", "event_type": 1},
    ),
    "plausible": Sample(
        {
            "name": "Signup",
            "site_id": 3,
            "user_id": 17823912731273,
            "session_id": 5,
            "timestamp": "2024-03-01 08:30:00",
            "meta.key": ["plan", "source"],
            "meta.value": ["pro", "ad"],
        },
        None,
        "Signup",
        TIME,
        "17823912731273",
        {"plan": "pro", "source": "ad", "$site_id": 3, "$session_id": 5},
    ),
    "countly": Sample(
        {
            "_id": "65e1_1709281800123",
            "e": "purchase",
            "ts": 1709281800123,
            "uid": "12",
            "did": "device-1",
            "sg": {"item": "book"},
            "up": {"plan": "pro"},
            "c": 1,
        },
        "65e1_1709281800123",
        "purchase",
        "2024-03-01T08:30:00.123000Z",
        "12",
        {"item": "book", "$user.plan": "pro", "$did": "device-1", "$c": 1},
    ),
    "appsflyer": Sample(
        {
            "Event Time": "2024-03-01 08:30:00",
            "Event Name": "af_purchase",
            "Event Value": '{"af_revenue":"9.99","af_currency":"EUR"}',
            "AppsFlyer ID": "1415211453000-6513894",
            "Customer User ID": "",
            "Media Source": "organic",
        },
        None,
        "af_purchase",
        TIME,
        "1415211453000-6513894",
        {"af_revenue": "9.99", "af_currency": "EUR", "Media Source": "organic"},
    ),
    "cloudevents": Sample(
        {
            "specversion": "1.0",
            "type": "order.paid",
            "source": "/shop",
            "subject": "u1",
            "id": "A-1",
            "time": "2024-03-01T08:30:00Z",
            "datacontenttype": "application/json",
            "data": {"items": 1},
            "traceparent": "00-1",
        },
        '["/shop","A-1"]',
        "order.paid",
        TIME,
        "u1",
        {"items": 1, "$source": "/shop", "$id": "A-1", "$traceparent": "00-1"},
    ),
    "stripe": Sample(
        {
            "id": "evt_1NG8Du2eZvKYlo2CUI79vXWy",
            "object": "event",
            "type": "customer.subscription.updated",
            "created": 1709281800,
            "livemode": False,
            "data": {
                "object": {"id": "sub_1", "object": "subscription", "customer": "cus_9"},
                "previous_attributes": {"status": "trialing"},
            },
            "request": {"id": "req_1", "idempotency_key": None},
        },
        "evt_1NG8Du2eZvKYlo2CUI79vXWy",
        "customer.subscription.updated",
        TIME,
        "cus_9",
        {
            "id": "sub_1",
            "object": "subscription",
            "customer": "cus_9",
            "$previous.status": "trialing",
            "$livemode": False,
            "$id": "req_1",
        },
    ),
    "github": Sample(
        {
            "id": "28281984012",
            "type": "ReviewEvent",
            "actor": {"id": 583231, "login": "octocat"},
            "repo": {"id": 1296269, "name": "octocat/Hello-World"},
            "payload": {"action": "created"},
            "public": True,
            "created_at": "2024-03-01T08:30:00Z",
        },
        "28281984012",
        "ReviewEvent",
        TIME,
        "octocat",
        {
            "action": "created",
            "$repo.id": 1296269,
            "$repo.name": "octocat/Hello-World",
            "$public": True,
        },
    ),
}
TABLES = {"snowplow", "appsflyer", "heap", "umami", "segment-warehouse"}


def judged(name: str, *rows: dict[str, Any], source: str | None = None) -> list[Any]:
    """What a preset makes of rows."""
    mapping = mapping_from_options(from_preset=name, source=source)
    contract = Contract(latest=LATEST, text_properties=name in TABLES)
    judge = Judge(contract, mapping)
    return [found for row in rows for found in judge.results(json.dumps(row), Counter())]


def only(results: list[Any]) -> Event:
    """The only event of these results."""
    (event,) = results
    assert isinstance(event, Event), event
    return event


@pytest.mark.parametrize("name", [name for name in preset_names() if name != "matomo"])
def test_a_sample_becomes_the_expected_event(name: str) -> None:
    sample = SAMPLES[name]
    event = only(judged(name, sample.row))
    assert (event.event_name, time_text(event.event_time), event.user_id) == sample[2:5]
    assert json.loads(event.properties) == sample.properties
    if sample.id is None:
        plain = Contract(latest=LATEST).check(
            {
                "event_name": sample.name,
                "event_time": sample.time,
                "user_id": sample.user,
                "properties": sample.properties,
            }
        )
        assert isinstance(plain, Event)
        assert event.event_id == plain.event_id
    else:
        expected = sample.id if is_uuid(sample.id) else str(message_uuid(name, sample.id))
        assert str(event.event_id) == expected


MATOMO: dict[str, Any] = {
    "idSite": "1",
    "idVisit": "12",
    "visitorId": "d9e5",
    "userId": None,
    "country": "Germany",
    "actionDetails": [
        {"type": "action", "url": "https://a/", "pageId": "1", "timestamp": 1709281800},
        {
            "type": "event",
            "eventCategory": "Video",
            "eventAction": "Play",
            "pageId": "2",
            "timestamp": 1709281805,
        },
    ],
}


def test_each_action_of_a_visit_is_an_event_of_its_own() -> None:
    first, second = judged("matomo", MATOMO)
    assert (first.event_name, second.event_name) == ("action", "Play")
    assert first.user_id == second.user_id == "d9e5"
    assert first.event_id != second.event_id
    assert time_text(second.event_time) == "2024-03-01T08:30:05.000000Z"
    assert json.loads(second.properties) == {
        "eventCategory": "Video",
        "pageId": "2",
        "$idSite": "1",
        "$idVisit": "12",
        "$visitorId": "d9e5",
        "$country": "Germany",
        "type": "event",
    }
    # A visit that went on has the same ids.
    longer = {**MATOMO, "actionDetails": [*MATOMO["actionDetails"], {"type": "x"}]}
    again = judged("matomo", longer)
    assert [event.event_id for event in again[:2]] == [first.event_id, second.event_id]
    assert isinstance(again[2], Rejection)
    assert judged("matomo", {**MATOMO, "actionDetails": []}) == []


def test_an_action_that_comes_twice_in_a_visit_is_one_event_and_a_changed_one_is_in_conflict() -> (
    None
):
    action = MATOMO["actionDetails"][0]
    assert len(judged("matomo", {**MATOMO, "actionDetails": [action, action]})) == 1
    changed = {**action, "pageTitle": "New"}
    first, second = judged("matomo", {**MATOMO, "actionDetails": [action, changed]})
    assert isinstance(first, Event)
    assert second.reason == "conflicting_event_id"


def test_events_whose_own_ids_differ_are_never_one() -> None:
    for name, field in (("cloudevents", "id"), ("github", "id"), ("stripe", "id")):
        row = SAMPLES[name].row
        first, second = judged(name, row, {**row, field: "another"})
        assert first.event_id != second.event_id
    row = SAMPLES["cloudevents"].row
    first, second = judged("cloudevents", row, {**row, "source": "/bank"})
    assert first.event_id != second.event_id


def test_ids_that_are_no_uuids_belong_to_the_preset_or_to_the_source_that_is_named() -> None:
    row = SAMPLES["segment"].row
    ours = only(judged("segment", row))
    named = only(judged("segment", row, source="key-abc"))
    assert ours.event_id == message_uuid("segment", row["messageId"])
    assert named.event_id == message_uuid("key-abc", row["messageId"])
    assert ours.properties == named.properties


def test_times_of_mixpanel_may_be_milliseconds() -> None:
    row = SAMPLES["mixpanel"].row
    properties = {**row["properties"], "time": 1709281800123}
    event = only(judged("mixpanel", {**row, "properties": properties}))
    assert time_text(event.event_time) == "2024-03-01T08:30:00.123000Z"


@pytest.mark.parametrize(
    ("data", "user"),
    [
        ({"customer": {"id": "cus_1", "object": "customer"}}, "cus_1"),
        ({"id": "cus_2", "object": "customer"}, "cus_2"),
        ({"id": "ch_1", "object": "charge", "customer": None}, None),
    ],
)
def test_the_user_of_stripe_is_the_customer(data: dict[str, Any], user: str | None) -> None:
    (result,) = judged("stripe", {**SAMPLES["stripe"].row, "data": {"object": data}})
    if user is None:
        assert result.reason == "missing_user_id"
    else:
        assert result.user_id == user


def test_presets_of_exports_in_parquet_take_objects_as_texts() -> None:
    row = SAMPLES["posthog"].row
    text = {**row, "properties": json.dumps(row["properties"])}
    assert judged("posthog", text) == judged("posthog", row)
    row = SAMPLES["segment"].row
    text = {**row, "context": json.dumps(row["context"]), "properties": '{"title":"Intro"}'}
    assert judged("segment", text) == judged("segment", row)


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_a_file_that_anybody_could_have_written(name: str) -> None:
    layout = preset(name)
    assert layout.description
    assert layout.docs.startswith("https://")
    assert read_layout(preset_text(name), "copy.yml") == layout
    assert name == "matomo" or name in SAMPLES


def test_snowplow_has_131_columns() -> None:
    header = preset("snowplow").reading["header"]
    assert len(header) == len(set(header)) == 131
    assert (header[0], header[50], header[-1]) == ("app_id", "mkt_content", "true_tstamp")


def test_presets_are_listed_and_shown() -> None:
    listed = run_loader("presets", check=True).stdout
    assert all(name in listed for name in preset_names())
    assert run_loader("presets", "mixpanel", check=True).stdout == preset_text("mixpanel")
    found = json.loads(run_loader("presets", "--json", check=True).stdout)
    assert [each["name"] for each in found] == list(preset_names())
    unknown = run_loader("presets", "mixpannel")
    assert unknown.exit_code == 2
    assert "Is it mixpanel?" in unknown.stderr
    with pytest.raises(MappingError, match="See loader presets"):
        preset("zzz")


def test_an_export_goes_in_with_its_preset_whatever_it_is_called(raw: RawTables) -> None:
    raw.write("1709281800000.gz", gzip.compress(json.dumps(SAMPLES["mixpanel"].row).encode()))
    raw.append("--from", "mixpanel", "1709281800000.gz")
    raw.append("--from", "mixpanel", "-", stdin=json.dumps(SAMPLES["mixpanel"].row).encode())
    (event,) = raw.events()
    assert (event.event_name, event.user_id) == ("Signed Up", "u1")


def test_a_row_that_a_preset_refuses_is_kept_as_it_came(raw: RawTables) -> None:
    text = '{"event":"a", "properties":{"time":"soon","distinct_id":"u"}}'
    good = json.dumps(SAMPLES["mixpanel"].row)
    raw.write("a.jsonl", f"{good}\n{text}\n\nnot json\n")
    raw.append("--from", "mixpanel", "a.jsonl")
    assert [(row.line, row.reason, row.text) for row in raw.rejected()] == [
        (2, "invalid_event_time", text),
        (4, "not_json", "not json"),
    ]
    assert len(raw.events()) == 1


def test_visits_go_in_action_by_action_with_their_lines(raw: RawTables) -> None:
    raw.write("visits.jsonl", json.dumps(MATOMO) + "\n")
    first = raw.append("--from", "matomo", "visits.jsonl")
    again = raw.append("--from", "matomo", "visits.jsonl")
    assert "appended 2, duplicate 0" in first.stderr
    assert "appended 0, duplicate 2, conflicting 0" in again.stderr
    actions = [{**action, "url": "changed"} for action in MATOMO["actionDetails"]]
    actions = [{**action, "timestamp": 1, "pageId": "1"} for action in actions]
    raw.write("visits.jsonl", "\n" + json.dumps({**MATOMO, "actionDetails": actions}) + "\n")
    raw.append("--from", "matomo", "visits.jsonl", exit_code=1)
    # The row is kept once, however many of its events are rejected for one reason.
    assert raw.reasons() == [(2, "event_time_too_early")]


def test_conflicts_of_several_events_of_a_row_name_its_line(raw: RawTables) -> None:
    raw.write("visits.jsonl", json.dumps(MATOMO) + "\n")
    raw.append("--from", "matomo", "visits.jsonl")
    actions = [{**action, "title": "changed"} for action in MATOMO["actionDetails"]]
    raw.write("visits.jsonl", "\n\n" + json.dumps({**MATOMO, "actionDetails": actions}) + "\n")
    result = raw.append("--from", "matomo", "visits.jsonl", exit_code=1)
    assert "conflicting 2" in result.stderr
    assert raw.reasons() == [(3, "conflicting_event_id")] * 2
