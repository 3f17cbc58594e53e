"""The native route: every event is answered for, and both engines hold what loader append would."""

from __future__ import annotations

import gzip
import json
import uuid
import zlib
from typing import Any

import pytest

from serving.tokens import digest
from tests.collector.running import KEY, Collector, event
from tests.conftest import MakeDatabase
from tests.loader.raw_tables import RawTables
from tests.loader.test_odd_input import CASES
from tests.support.databases import Engine
from tests.support.run import run_loader

MAX_BODY_BYTES = 8 << 20


def test_each_event_is_answered_for(collector: Collector) -> None:
    first, second = event("ada"), event("bob")
    body = [first, second, first, {**second, "event": "other"}, {**event(), "user_id": ""}, 7]

    answer = collector.post("/v1/events", body)

    assert answer.status_code == 200
    content = answer.json()
    assert [result["outcome"] for result in content["results"]] == [
        *("appended", "appended", "duplicate", "conflicting", "rejected", "rejected"),
    ]
    assert [result["index"] for result in content["results"]] == list(range(6))
    assert content["results"][1]["event_id"] == second["id"]
    assert content["results"][4]["reason"] == "missing_user_id"
    assert content["results"][5]["reason"] == "not_an_object"
    assert {
        name: content[name] for name in ("appended", "duplicate", "conflicting", "rejected")
    } == {
        "appended": 2,
        "duplicate": 1,
        "conflicting": 1,
        "rejected": 2,
    }
    assert collector.rows("user_id") == [("ada",), ("bob",)]
    assert sorted(collector.rejects()) == [
        *(("conflicting_event_id",), ("missing_user_id",), ("not_an_object",)),
    ]


def test_a_request_again_adds_nothing(collector: Collector) -> None:
    events = [event(), {**event(), "timestamp": "yesterday"}]
    assert collector.send(*events) == ["appended", "rejected"]
    assert collector.send(*reversed(events)) == ["rejected", "duplicate"]
    assert len(collector.rows()) == 1
    assert len(collector.rejects()) == 1


def test_an_event_without_an_id_is_known_by_its_content(collector: Collector) -> None:
    bare = {key: value for key, value in event().items() if key != "id"}
    assert collector.send(bare) == ["appended"]
    assert collector.send(bare, {**bare, "user_id": "bob"}) == ["duplicate", "appended"]


@pytest.mark.parametrize(
    ("body", "users"),
    [
        (json.dumps(event("a")), ["a"]),
        (json.dumps(event("a"), indent=2), ["a"]),
        (json.dumps([event("a"), event("b")], indent=2), ["a", "b"]),
        (f"{json.dumps(event('a'))}\n{json.dumps(event('b'))}\n", ["a", "b"]),
        (f"\n{json.dumps(event('a'))}\r\n\r\n{json.dumps(event('b'))}", ["a", "b"]),
        ("[]", []),
        ("", []),
    ],
    ids=["one", "indented", "array", "lines", "lines with CR and blanks", "no event", "nothing"],
)
def test_a_body_is_an_event_an_array_or_lines(
    collector: Collector, body: str, users: list[str]
) -> None:
    answer = collector.post("/v1/events", body.encode())
    assert answer.status_code == 200, answer.text
    assert answer.json()["appended"] == len(users)
    assert [user for (user,) in collector.rows("user_id")] == users


def test_a_bad_line_spoils_no_other(collector: Collector) -> None:
    good = [json.dumps(event(user)) for user in "abc"]
    body = "\n".join([good[0], '{"event": "x', good[1], '{"a": NaN}', good[2]])
    answer = collector.post("/v1/events", body.encode())
    outcomes = [result["outcome"] for result in answer.json()["results"]]
    assert outcomes == ["appended", "rejected", "appended", "rejected", "appended"]


@pytest.mark.parametrize("bad", ["NaN", '{"event":1,"event":2}', '"\\ud800"', '"\\u0000"', "[}"])
def test_a_bad_element_spoils_no_other(collector: Collector, bad: str) -> None:
    body = f"[{json.dumps(event('a'))}, {bad} ,{json.dumps(event('b'))}]"
    answer = collector.post("/v1/events", body.encode())
    if bad == "[}":
        assert answer.status_code in (200, 400)
        return
    assert [result["outcome"] for result in answer.json()["results"]] == [
        *("appended", "rejected", "appended"),
    ]
    assert collector._select("select original_text from raw.rejected_events") == [(bad,)]


def test_bytes_that_are_no_text_spoil_one_line_only(collector: Collector) -> None:
    body = (
        json.dumps(event("a")).encode() + b'\n{"event": "\xff"}\n' + json.dumps(event("b")).encode()
    )
    answer = collector.post("/v1/events", body)
    results = answer.json()["results"]
    assert [result["outcome"] for result in results] == ["appended", "rejected", "appended"]
    assert results[1]["reason"] == "invalid_utf8"
    assert collector.rejects("original_text") == [('{"event": "\\xff"}',)]


@pytest.mark.parametrize("with_header", [True, False])
def test_gzip_is_understood_with_and_without_its_header(
    collector: Collector, with_header: bool
) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "text/plain"}
    if with_header:
        headers["Content-Encoding"] = "gzip"
    packed = gzip.compress(json.dumps(event()).encode())
    answer = collector.post("/v1/events", packed, headers=headers)
    assert answer.json()["appended"] == 1


def test_a_header_that_says_gzip_does_no_harm_to_plain_bodies(collector: Collector) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Encoding": "gzip"}
    answer = collector.post("/v1/events", json.dumps(event()).encode(), headers=headers)
    assert answer.json()["appended"] == 1


def test_deflate_and_several_gzip_streams_are_understood(collector: Collector) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Encoding": "deflate"}
    packed = zlib.compress(json.dumps(event()).encode())
    assert collector.post("/v1/events", packed, headers=headers).json()["appended"] == 1
    lines = [json.dumps(event(user)).encode() + b"\n" for user in "ab"]
    packed = b"".join(gzip.compress(line) for line in lines)
    assert collector.post("/v1/events", packed).json()["appended"] == 2


@pytest.mark.parametrize(
    "body",
    [b"[", b'[{"event": "a"}', b"\x1f\x8bnot gzip", gzip.compress(b"[]")[:-6], b'["a"]]'],
    ids=["open array", "cut off", "no gzip", "gzip cut off", "closed twice"],
)
def test_an_unreadable_body_is_refused_whole(collector: Collector, body: bytes) -> None:
    answer = collector.post("/v1/events", body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "unreadable_body"
    assert collector.rejects() == []


def test_the_same_input_leaves_the_same_rows_as_loader_append(
    engine: Engine, collector: Collector, make_database: MakeDatabase
) -> None:
    """One contract for all ways in, on each engine."""
    contents = [
        case.content
        for case in CASES.values()
        if case.ending == "jsonl" and not case.options and len(case.content) < MAX_BODY_BYTES
    ]
    appended = make_database(engine)
    run_loader("init", database=appended, check=True)
    for content in contents:
        # Ids that are no UUIDs belong to a source, here that of the write key.
        source = f"key-{digest(KEY)[:12]}"
        run_loader("append", "-", "--source", source, database=appended, stdin=content)
        answer = collector.post(
            "/v1/events",
            content.removeprefix(b"\xef\xbb\xbf"),
            headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/x-ndjson"},
        )
        assert answer.status_code == 200, content
    collector.release()
    tables = [
        RawTables(database, "raw", database.directory)
        for database in (appended, collector.database)
    ]
    assert tables[0].events() == tables[1].events()
    assert len(tables[0].events()) > 15
    rejected = [sorted({(row.reason, row.text) for row in table.rejected()}) for table in tables]
    assert rejected[0] == rejected[1]
    assert len(rejected[0]) > 30


def test_a_batch_larger_than_an_event_may_be_is_measured_event_by_event(
    collector: Collector,
) -> None:
    events: list[dict[str, Any]] = [event(properties={"x": "y" * 400_000}) for _ in range(3)]
    events.insert(1, event(properties={"x": "y" * 1_100_000}))
    assert collector.send(*events) == ["appended", "rejected", "appended", "appended"]
    assert collector.rejects() == [("too_large",)]


def test_ids_are_known_across_spellings(collector: Collector) -> None:
    known = uuid.uuid4()
    assert collector.send(event(id=str(known).upper()), event(id=known.hex)) == [
        *("appended", "duplicate"),
    ]
