"""No input, however odd, is answered with a defect, and none of it costs another its events."""

from __future__ import annotations

import gzip
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from collector.description import openapi
from tests.collector.running import KEY, Collector, basic, event
from tests.support.databases import Engine

ROUTES = ("/v1/events", "/v1/batch", "/v1/track", "/v1/p", "/batch/", "/e/", "/capture/")

schema = schemathesis.openapi.from_dict(openapi(), config=SchemathesisConfig())


@pytest.fixture(params=["duckdb", "postgres"])
def target(
    request: pytest.FixtureRequest, shared_collectors: Callable[[Engine], Collector]
) -> Collector:
    """A collector whose tables need not be empty."""
    return shared_collectors(request.param)


@schema.parametrize()
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
def test_the_collector_keeps_to_its_description(
    case: schemathesis.Case[Any], target: Collector
) -> None:
    # What is no event is answered for by itself, in a success: so say the protocols. And no
    # schema can say of a parameter that it is a text of JSON.
    excluded: list[Any] = [negative_data_rejection]
    if case.method == "GET":
        excluded.append(positive_data_acceptance)
    case.call_and_validate(
        base_url=target.url,
        headers={"Authorization": f"Bearer {KEY}"},
        excluded_checks=excluded,
    )


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        [KEY, "2026-03-01T09:30:00Z", "track", "\ud800", "\x00", "0001-01-01T00:00:00Z"]
    )
)
NAMES = st.sampled_from(
    [
        *("batch", "type", "event", "userId", "anonymousId", "messageId", "timestamp", "sentAt"),
        *("properties", "context", "writeKey", "api_key", "token", "distinct_id", "uuid", "offset"),
        *("sent_at", "$set", "originalTimestamp", "traits", "id", "user_id", "integrations"),
    ]
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=3), inner),
    max_leaves=25,
)


def _bytes(value: Any) -> bytes:
    return json.dumps(value).encode(errors="surrogatepass")


BODIES = (
    st.binary(max_size=200)
    | JSON.map(_bytes)
    | JSON.map(_bytes).map(gzip.compress)
    | st.lists(JSON, max_size=4).map(lambda rows: b"\n".join(map(_bytes, rows)))
    | st.dictionaries(NAMES, JSON).map(lambda found: _bytes({**found, "batch": [found, found]}))
    | st.tuples(JSON.map(_bytes), st.integers(0, 50)).map(lambda pair: pair[0][: -pair[1] or None])
    | st.binary(max_size=50).map(lambda data: gzip.compress(data)[:-3])
    | st.binary(max_size=50).map(lambda data: b"data=" + data)
    | st.integers(1, 2000).map(lambda depth: b'{"a":' * depth + b"[" * depth)
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from(
            ["application/json", "text/plain", "application/x-ndjson", "x", "multipart/form-data"]
        ),
        "Content-Encoding": st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, gzip", ""]),
        "X-Retry-Count": st.sampled_from(["1", "x"]),
        "Authorization": st.sampled_from(
            ["Basic", "Basic x", "Bearer", "Bearer \xfc", "x y z", ""]
        ),
    },
)
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "sent_at": st.text(st.characters(codec="ascii"), max_size=20),
        "_": st.integers().map(str),
        "compression": st.sampled_from(["gzip-js", "base64", "lz64", ""]),
        "data": st.text(max_size=10),
    },
)


@given(path=st.sampled_from(ROUTES), body=BODIES, headers=HEADERS, query=QUERIES, get=st.booleans())
@settings(max_examples=400, suppress_health_check=list(HealthCheck))
def test_no_bytes_no_headers_and_no_query_are_a_defect(
    *,
    target: Collector,
    path: str,
    body: bytes,
    headers: dict[str, str],
    query: dict[str, str],
    get: bool,
) -> None:
    known = basic() | {name: value for name, value in headers.items() if value or name}
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in known.items()]
    answer = target.client.request(
        "GET" if get else "POST", path, content=body, headers=encoded, params=query
    )
    assert answer.status_code in (200, 400, 401, 405, 413), answer.text
    content = answer.json()
    if answer.status_code != 200:
        assert all(isinstance(content[name], str) for name in ("code", "message", "detail"))


@given(rows=st.lists(JSON, max_size=5), place=st.integers(0, 5))
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_a_good_event_among_any_others_is_appended(
    target: Collector, rows: list[Any], place: int
) -> None:
    good = event()
    everything = [*rows[:place], good, *rows[place:]]
    answer = target.post("/v1/events", everything)
    assert answer.status_code == 200, answer.text
    content = answer.json()
    assert content["results"][min(place, len(rows))] == {
        "index": min(place, len(rows)),
        "outcome": "appended",
        "event_id": good["id"],
    }
    counted = sum(content[name] for name in ("appended", "duplicate", "conflicting", "rejected"))
    assert counted == len(everything) == len(content["results"])


def test_a_collector_that_was_sent_all_that_still_works(target: Collector) -> None:
    assert target.send(event()) == ["appended"]
    assert target.metric("collector_buffer_bytes") == 0
    assert target.metric("collector_queue_events") == 0
    assert target.lines("defect") == []
    assert [line for line in target.log if line["level"] not in ("info", "warning")] == []


def test_a_token_that_is_almost_right_takes_as_long_to_refuse_as_any_other(
    target: Collector,
) -> None:
    """The medians of many tries, taken in turn, differ by less than their spread."""

    def once(token: str) -> float:
        started = time.perf_counter()
        answer = target.post("/v1/events", b"{", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in (400, 401)
        return time.perf_counter() - started

    unknown: list[float] = []
    almost: list[float] = []
    for number in range(150):
        unknown.append(once(f"{number:x<{len(KEY)}}"))
        almost.append(once(KEY[:-1] + ("a" if KEY[-1] != "a" else "b")))
    spread = statistics.quantiles(unknown, n=10)
    difference = abs(statistics.median(unknown) - statistics.median(almost))
    assert difference < spread[-1] - spread[0]
