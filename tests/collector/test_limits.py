"""Limits and tokens: each with the right status and an error in JSON, and nothing stored."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.collector.conftest import StartCollector
from tests.collector.running import KEY, Collector, basic, event
from tests.support.databases import Database
from tests.support.run import run_collector

BATCH = {"batch": [{"type": "track", "event": "e", "userId": "u", "messageId": "m"}]}


def assert_error(answer: object, status: int, code: str) -> None:
    """Assert that an answer is the error of this status and code, as all clients read it."""
    assert getattr(answer, "status_code", None) == status
    content = answer.json()  # type: ignore[attr-defined]
    assert content["code"] == code
    assert all(isinstance(content[name], str) for name in ("code", "message", "detail"))
    assert set(content) == {"code", "message", "detail"}


@pytest.fixture
def narrow(duckdb_database: Database, start_collector: StartCollector) -> Collector:
    """A collector with narrow limits."""
    return start_collector(
        duckdb_database,
        *("--max-body-bytes", "2000", "--max-inflated-bytes", "10000", "--max-events", "5"),
        *("--max-event-bytes", "1000"),
    )


def test_a_body_over_the_wire_limit_is_refused(narrow: Collector) -> None:
    answer = narrow.post("/v1/events", b"[" + b" " * 2000 + b"]")
    assert_error(answer, 413, "body_too_large")
    assert_error(narrow.post("/v1/events", b"x" * 9_000_000), 413, "body_too_large")


def test_a_chunked_body_is_counted_as_it_comes(narrow: Collector) -> None:
    pieces = [b"["] + [b" " * 500] * 5 + [b"]"]
    headers = {"Authorization": f"Bearer {KEY}"}
    answer = narrow.client.post("/v1/events", content=iter(pieces), headers=headers)
    assert_error(answer, 413, "body_too_large")
    answer = narrow.client.post("/v1/events", content=iter([b"[", b"]"]), headers=headers)
    assert answer.status_code == 200


def test_a_bomb_is_stopped_at_the_inflated_limit(narrow: Collector) -> None:
    bomb = gzip.compress(b"[" + b" " * 1_500_000 + b"]")
    assert len(bomb) < 2000
    assert_error(narrow.post("/v1/events", bomb), 413, "body_too_large")
    assert narrow.metric("collector_buffer_bytes") == 0


def test_too_many_events_are_refused_together(narrow: Collector) -> None:
    answer = narrow.post("/v1/events", [1, 2, 3, 4, 5, 6])
    assert_error(answer, 413, "too_many_events")
    assert narrow.post("/v1/events", [1, 2, 3, 4, 5]).json()["rejected"] == 5
    assert narrow.rejects("count(*)") == [(5,)]


def test_an_event_that_is_too_long_spoils_no_other(narrow: Collector) -> None:
    outcomes = narrow.send(event(), event(properties={"x": "y" * 1000}))
    assert outcomes == ["appended", "rejected"]


def test_a_token_that_asks_too_often_is_told_so(
    duckdb_database: Database, start_collector: StartCollector
) -> None:
    collector = start_collector(
        duckdb_database, "--requests-per-second", "2", keys=(KEY, "another")
    )
    answers = [collector.post("/v1/events", []) for _ in range(4)]
    statuses = [answer.status_code for answer in answers]
    assert statuses[:2] == [200, 200]
    assert_error(answers[-1], 429, "rate_limited")
    assert answers[-1].headers["Retry-After"] == "1"
    other = {"Authorization": "Bearer another"}
    assert collector.post("/v1/events", [], headers=other).status_code == 200


def test_browsers_of_posthog_are_told_503_where_others_are_told_429(
    duckdb_database: Database, start_collector: StartCollector
) -> None:
    collector = start_collector(duckdb_database, "--requests-per-second", "1")
    body = {"api_key": KEY, "batch": []}
    assert collector.post("/e/", body, headers={}).status_code == 200
    assert_error(collector.post("/e/", body, headers={}), 503, "rate_limited")
    assert_error(collector.post("/batch/", body, headers={}), 429, "rate_limited")


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/v1/events", [event()], {}),
        ("/v1/events", [event()], {"Authorization": "Bearer wrong"}),
        ("/v1/events", [event()], {"Authorization": "Basic !"}),
        ("/v1/events", [event()], {"Authorization": "Digest x"}),
        ("/v1/batch", BATCH, {}),
        ("/v1/batch", BATCH, basic("wrong")),
        ("/v1/batch", {**BATCH, "writeKey": "wrong"}, {}),
        ("/v1/track", {**BATCH["batch"][0], "writeKey": 7}, {}),
        ("/batch/", {"api_key": "wrong", "batch": [{"event": "e", "distinct_id": "u"}]}, {}),
        ("/batch/", {"batch": [{"event": "e", "distinct_id": "u"}]}, {}),
        ("/e/", [{"event": "e", "token": KEY}, {"event": "e", "token": "x"}], {}),
    ],
)
def test_without_a_valid_token_nothing_comes_in(
    collector: Collector, path: str, body: object, headers: dict[str, str]
) -> None:
    assert_error(collector.post(path, body, headers=headers), 401, "unauthorized")
    assert collector.rows() == []
    assert collector.rejects() == []


def test_keys_and_no_keys_at_once_are_refused(duckdb_database: Database) -> None:
    both = run_collector("serve", "--open", "--write-key", "x", database=duckdb_database)
    assert both.exit_code == 2
    assert "--open" in both.stderr


def test_an_open_collector_takes_events_without_a_key(
    duckdb_database: Database, start_collector: StartCollector
) -> None:
    collector = start_collector(duckdb_database, "--open", keys=())
    assert collector.post("/v1/events", event(), headers={}).json()["appended"] == 1
    assert collector.post("/v1/batch", BATCH, headers=basic("any")).json()["accepted"] == 1
    assert collector.post("/batch/", {"batch": []}, headers={}).status_code == 200


def test_a_port_that_is_taken_is_explained(duckdb_database: Database, collector: Collector) -> None:
    taken = run_collector(
        *("serve", "--open", "--port", str(collector.port)), database=duckdb_database
    )
    assert taken.exit_code == 1
    assert "--port" in taken.stderr
    assert json.dumps(KEY) not in taken.stderr
