"""What a file of messages leaves is what the same messages leave over HTTP."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from serving.tokens import digest
from tests.collector.conftest import StartCollector
from tests.collector.running import KEY, basic
from tests.loader.raw_tables import RawTables, StoredEvent, new_raw_tables
from tests.support.databases import Database

TIME = "2024-03-01T08:30:00.000Z"


def ids() -> tuple[str, str, str, str]:
    """Some UUIDs."""
    return tuple(str(uuid.uuid4()) for _ in range(4))  # type: ignore[return-value]


def segment() -> list[dict[str, Any]]:
    """Messages of each type, as archives and SDKs have them."""
    page, identify, group, alias = ids()
    return [
        {
            "anonymousId": "anon-1",
            "context": {"ip": "198.51.100.7", "library": {"name": "analytics.js"}},
            "event": "Course Clicked",
            "integrations": {"All": True},
            "messageId": "ajs-f8ca1e4de5024d9430b3928bd8ac6b96",
            "properties": {"title": "Intro", "price": 1.50, "score": None},
            "timestamp": TIME,
            "type": "track",
            "userId": "u1",
        },
        {
            "anonymousId": "anon-2",
            "messageId": page.upper(),
            "name": "Home",
            "category": "Docs",
            "properties": {"title": "Welcome"},
            "timestamp": "2024-03-01T10:31:00+02:00",
            "type": "page",
            "userId": "u1",
        },
        {
            "messageId": identify,
            "context": {"traits": {"plan": "pro"}},
            "originalTimestamp": TIME,
            "type": "identify",
            "userId": 7,
        },
        {
            "messageId": group,
            "traits": {"name": "Acme"},
            "groupId": "g1",
            "timestamp": TIME,
            "originalTimestamp": "2024-03-01T08:29:59.000Z",
            "type": "group",
            "userId": "u1",
        },
        {"messageId": alias, "previousId": "anon-1", "timestamp": TIME, "type": "alias"}
        | {"userId": "u1"},
        {
            "anonymousId": "anon-4",
            "event": "Signup Viewed",
            "messageId": 12345,
            "properties": {},
            "timestamp": TIME,
            "type": "track",
            "userId": None,
        },
        {"type": "track", "messageId": "no user", "event": "a", "timestamp": TIME},
        {"type": "visit", "messageId": "no type", "userId": "u1", "timestamp": TIME},
        {"type": "track", "messageId": "no time", "event": "a", "userId": "u", "timestamp": "soon"},
    ]


def posthog() -> list[dict[str, Any]]:
    """Events as SDKs and exports have them."""
    one, two, three, four = ids()
    return [
        {
            "uuid": one,
            "event": "$pageview",
            "distinct_id": "u1",
            "timestamp": TIME,
            "properties": {"$current_url": "/", "$lib": "web", "token": KEY},
        },
        {
            "uuid": two.upper(),
            "event": "$set",
            "properties": {"distinct_id": 12, "$set": {"plan": "pro"}},
            "$set_once": {"first": 1},
            "timestamp": "2024-03-01 09:30:00+01:00",
        },
        {"uuid": three, "event": "a", "$distinct_id": "x" * 300, "timestamp": TIME},
        {"uuid": "7", "event": "a", "distinct_id": "u", "timestamp": TIME},
        {"uuid": four, "event": "", "distinct_id": "u", "timestamp": TIME},
    ]


def stored(database: Database, directory: Path) -> tuple[list[StoredEvent], list[str]]:
    """What the collector's tables hold: events, and the reasons of what was rejected."""
    raw = RawTables(database, "raw", directory)
    return raw.events(), sorted(row.reason for row in raw.rejected())


@pytest.mark.parametrize("preset", ["segment", "rudderstack", "posthog"])
def test_a_file_leaves_the_rows_that_its_messages_leave_over_http(
    raw_database: Database, start_collector: StartCollector, tmp_path: Path, preset: str
) -> None:
    messages = posthog() if preset == "posthog" else segment()
    collector = start_collector(raw_database)
    if preset == "posthog":
        answer = collector.post("/batch/", {"api_key": KEY, "batch": messages})
    else:
        answer = collector.post("/v1/batch", {"batch": messages}, headers=basic())
    assert answer.status_code == 200, answer.text
    collector.process.terminate()
    collector.process.wait(30)
    over_http, http_reasons = stored(raw_database, tmp_path)
    assert len(over_http) == (3 if preset == "posthog" else 6)
    assert len(http_reasons) == len(messages) - len(over_http)

    raw = new_raw_tables(raw_database, tmp_path)
    raw.write("archive.jsonl", "".join(json.dumps(message) + "\n" for message in messages))
    raw.append("--from", preset, "--source", f"key-{digest(KEY)[:12]}", "archive.jsonl")

    assert raw.events() == over_http
    assert sorted(row.reason for row in raw.rejected()) == http_reasons
