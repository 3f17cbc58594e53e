"""What operators see: probes, metrics, the log, the description."""

from __future__ import annotations

import json

import pytest
from openapi_spec_validator import validate

from tests.collector.conftest import StartCollector
from tests.collector.running import KEY, TIME, Collector, basic, event
from tests.support.databases import Database

PRIVATE = "a-very-private-property"


def test_probes_say_that_it_lives_and_is_ready(collector: Collector) -> None:
    assert collector.client.get("/healthz").json() == {"status": "ok"}
    assert collector.client.get("/readyz").json() == {"status": "ready"}


def test_metrics_count_events_requests_and_commits(
    duckdb_database: Database, start_collector: StartCollector
) -> None:
    collector = start_collector(duckdb_database)
    one = event()
    collector.send(one, event(), {})
    collector.send(one, {**one, "event": "other"})
    collector.post("/v1/events", [], headers={})

    def events(outcome: str) -> float:
        return collector.metric("collector_events_total", organisation="", outcome=outcome)

    assert [events(name) for name in ("appended", "duplicate", "conflicting", "rejected")] == [
        *(2, 1, 1, 1),
    ]
    assert collector.metric("collector_requests_total", route="/v1/events", status="200") == 2
    assert collector.metric("collector_requests_total", route="/v1/events", status="401") == 1
    assert collector.metric("collector_batch_events_sum") == 5
    assert collector.metric("collector_commit_seconds_count") == 2
    assert collector.metric("collector_queue_events") == 0
    assert collector.metric("collector_database_up") == 1
    newest = collector.metric("collector_newest_event_timestamp_seconds", organisation="")
    assert newest == 1772357400  # TIME
    assert TIME == "2026-03-01T09:30:00Z"


def test_the_log_has_a_line_for_each_batch_and_none_of_its_content(
    duckdb_database: Database, start_collector: StartCollector
) -> None:
    collector = start_collector(duckdb_database)
    private = event(PRIVATE, event=PRIVATE, properties={PRIVATE: PRIVATE})
    collector.send(private, {"event": PRIVATE})
    collector.post("/v1/batch", {"batch": [{"type": PRIVATE}]}, headers=basic())
    collector.post("/v1/events", PRIVATE.encode())
    collector.post("/v1/events", [], headers={"Authorization": f"Bearer {PRIVATE}"})
    collector.client.get(f"/batch/?data={PRIVATE}")
    assert collector.stop() == 0

    lines = collector.lines("batch")
    assert [(line["route"], line["status"]) for line in lines] == [
        *(("/v1/events", 200), ("/v1/batch", 200), ("/v1/events", 200)),
        *(("/v1/events", 401), ("/batch", 400)),
    ]
    assert lines[0]["appended"] == 1
    assert lines[0]["rejected"] == 1
    assert lines[0]["source"].startswith("key-")
    assert PRIVATE not in collector.raw_log.decode()
    assert KEY not in collector.raw_log.decode()


def test_what_is_kept_of_a_rejected_event_holds_no_token(collector: Collector) -> None:
    batch = {"writeKey": KEY, "batch": [{"type": "x", "writeKey": KEY, "a": KEY}]}
    collector.post("/v1/batch", batch, headers={})
    text = f'{{"api_key":"{KEY}","batch":[{{"event":NaN,"properties":{{"token":"{KEY}"}}}}]}}'
    collector.post("/batch/", text.encode(), headers={})
    kept = [text for (text,) in collector.rejects("original_text")]
    assert len(kept) == 2
    assert KEY not in "".join(kept)


def test_the_description_is_valid_and_is_what_is_served(collector: Collector) -> None:
    description = collector.client.get("/openapi.json").json()
    validate(description)
    paths = set(description["paths"])
    assert {"/v1/events", "/v1/batch", "/batch/", "/healthz", "/readyz", "/metrics"} <= paths
    outcomes = description["components"]["schemas"]["Result"]["properties"]["outcome"]["enum"]
    assert outcomes == ["appended", "duplicate", "conflicting", "rejected", "buffered"]


@pytest.mark.parametrize("path", ["/", "/v1/nothing", "/v1/events/"])
def test_an_unknown_path_is_an_error_in_json(collector: Collector, path: str) -> None:
    answer = collector.post(path, [])
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_a_method_that_is_not_allowed_is_an_error_in_json(collector: Collector) -> None:
    answer = collector.client.get("/v1/events")
    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/v1/events", "/v1/batch", "/e/", "/flags/", "/v1/t"])
def test_browsers_may_deliver_from_any_page(collector: Collector, path: str) -> None:
    asked = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = collector.client.options(path, headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"authorization", "content-type", "x-retry-count", "anonymousid"} <= set(allowed)
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        answer = collector.post(path, {}, headers={**headers, "Origin": "https://shop.example"})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Expose-Headers"] == "Retry-After"


def test_answers_are_small_ascii_json(collector: Collector) -> None:
    answer = collector.post("/v1/events", [{"event": "ü" * 300}])
    assert answer.headers["Content-Type"] == "application/json"
    answer.content.decode("ascii")
    assert json.loads(answer.content)["rejected"] == 1
