"""The stream between collector and database: the same contract, the same outcome, a bit later."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from tests.buffer.conftest import RedisServer, StartDrain, redis_server
from tests.collector.running import basic, event, running
from tests.interruption.conftest import MakeRawTables
from tests.interruption.processes import ended, loader, wait_until
from tests.support.databases import Engine
from tests.support.run import run_collector, run_loader
from tests.support.servers import bearer


def test_events_arrive_as_they_would_without_a_stream(
    engine: Engine, make_raw_tables: MakeRawTables, durable: RedisServer, start_drain: StartDrain
) -> None:
    plain, buffered = make_raw_tables(engine), make_raw_tables(engine)
    one = event(properties={"text": "ü\ud7ff", "number": 1.50, "deep": [{"a": None}]})
    deliveries = [[one, event(), {"event": "\ud800"}], [one, {**one, "event": "other"}, {}]]
    message = {"type": "track", "event": "e", "userId": "u", "messageId": "no-uuid"}
    drain = start_drain(buffered)
    for database, options in ((plain, ()), (buffered, ("--buffer", durable.url))):
        with running(database, *options) as collector:
            for delivery in deliveries:
                assert collector.post("/v1/events", delivery).status_code == 200
            answer = collector.post("/v1/batch", {"batch": [message]}, headers=basic()).json()
            assert answer["accepted"] == 1
    wait_until(lambda: durable.length() == 0, "an empty stream", drain)
    drain.send_signal(signal.SIGTERM)
    assert ended(drain).exit_code == 0
    for query in (
        "select event_id, event_name, user_id, event_time from raw.events where event_name <> 'e'",
        "select event_id, cast(properties as varchar) from raw.events",
        "select event_id, user_id from raw.events",
        "select rejected_id, reason, detail, original_text, source from raw.rejected_events",
    ):
        assert sorted(map(str, plain.query(query))) == sorted(map(str, buffered.query(query)))
    assert len(plain.query("select 1 from raw.events")) == 3
    assert len(plain.query("select 1 from raw.rejected_events")) == 3


def test_a_clock_is_judged_by_when_a_request_came_not_by_when_it_is_drained(
    make_raw_tables: MakeRawTables, durable: RedisServer, start_drain: StartDrain
) -> None:
    database = make_raw_tables("duckdb")
    sent = datetime.now(UTC)
    slow = sent - timedelta(hours=1)
    with running(database, "--buffer", durable.url) as collector:
        for user, said in (("right", sent), ("slow", slow)):
            message = {"type": "track", "event": "e", "userId": user, "messageId": user}
            body = {
                "batch": [message | {"timestamp": said.isoformat()}],
                "sentAt": said.isoformat(),
            }
            collector.post("/v1/batch", body, headers=basic())
    came = datetime.now(UTC)
    drain = start_drain(database)
    wait_until(lambda: durable.length() == 0, "an empty stream", drain)
    drain.send_signal(signal.SIGTERM)
    assert ended(drain).exit_code == 0
    moments = dict(database.query("select user_id, event_time from raw.events"))
    assert moments["right"].astimezone(UTC) == sent
    assert sent <= moments["slow"].astimezone(UTC) <= came


def test_the_answer_says_that_events_wait_and_so_do_the_metrics(
    make_raw_tables: MakeRawTables, durable: RedisServer, start_drain: StartDrain
) -> None:
    database = make_raw_tables("duckdb")
    options = ("--buffer", durable.url, "--buffer-length", "2")
    with running(database, *options) as collector:
        assert collector.send(event(), {}) == ["buffered", "rejected"]
        assert collector.client.get("/readyz").status_code == 200
        assert collector.metric("collector_stream_entries") == 1
        assert collector.send(event()) == ["buffered"]
        refused = collector.post("/v1/events", [event()])
        assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
        assert refused.headers["Retry-After"] == "1"
        assert collector.client.get("/readyz").json()["problem"] == "the stream is full"
        assert collector.metric("collector_stream_oldest_seconds") > 0
        assert collector.metric("collector_stream_pending") == 0
        drain = start_drain(database)
        wait_until(lambda: durable.length() == 0, "an empty stream", drain)
        assert collector.send(event()) == ["buffered"]
        wait_until(lambda: durable.length() == 0, "an empty stream", drain)
        assert collector.metric("collector_stream_entries") == 0
        assert collector.metric("collector_stream_oldest_seconds") == 0
    drain.kill()
    drain.wait()
    assert database.query("select count(*) from raw.events") == [(3,)]


def test_tokens_and_organisations_go_through(
    engine: Engine, make_raw_tables: MakeRawTables, durable: RedisServer, start_drain: StartDrain
) -> None:
    database = make_raw_tables(engine)
    run_loader("init", "--org", "acme", database=database, check=True)
    create = ("token", "create", "--org", "acme", "--scope", "ingest")
    token = run_collector(*create, database=database, check=True).stdout.strip()
    headers = {"Authorization": f"Bearer {token}"}
    secret = "0123456789abcdef" * 4
    options = ("--buffer", durable.url, "--jwt-secret", secret)
    claims = {"org": "acme", "scope": "ingest", "exp": time.time() + 600}
    signed = bearer(jwt.encode(claims, secret))
    nobody = bearer(jwt.encode({**claims, "org": "nobody"}, secret))
    with running(database, *options, keys=()) as collector:
        # Nobody knows the tokens yet, which must not make a client drop its events.
        assert collector.post("/v1/events", [event()], headers=headers).status_code == 503
        drain = start_drain(database)
        wait_until(
            lambda: collector.post("/v1/events", [event()], headers=headers).status_code == 200,
            "the tokens",
            drain,
        )
        unknown = {"Authorization": "Bearer unknown"}
        assert collector.post("/v1/events", [event()], headers=unknown).status_code == 401
        assert collector.post("/v1/events", [event()], headers=nobody).status_code == 403
        assert collector.post("/v1/events", [event()], headers=signed).status_code == 200
        wait_until(lambda: durable.length() == 0, "an empty stream", drain)
        drain.send_signal(signal.SIGTERM)
        assert ended(drain).exit_code == 0
        # Without database and drain, what is known of tokens stays.
        assert collector.post("/v1/events", [event()], headers=headers).status_code == 200
    assert database.query("select count(*) from raw_acme.events") == [(2,)]
    assert database.query("select count(*) from raw.events") == [(0,)]


@pytest.mark.parametrize("command", ["serve", "drain"])
@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ((), "appendonly yes"),
        (("--appendonly", "yes", "--appendfsync", "everysec"), "appendfsync always"),
    ],
)
def test_a_server_that_may_forget_is_refused(
    make_raw_tables: MakeRawTables, command: str, settings: tuple[str, ...], named: str
) -> None:
    database = make_raw_tables("duckdb")
    with redis_server(*settings) as server:
        options = ("--buffer", server.url)
        with loader(command, *options, database=database, program="collector") as process:
            result = ended(process)
    assert result.exit_code == 1
    assert named in result.stderr
    assert "--trust-buffer" in result.stderr


def test_a_server_that_somebody_vouches_for_is_taken(
    make_raw_tables: MakeRawTables,
) -> None:
    with (
        redis_server() as server,
        running(make_raw_tables("duckdb"), "--buffer", server.url, "--trust-buffer") as collector,
    ):
        assert collector.send(event()) == ["buffered"]


def test_an_entry_that_nobody_can_read_stays_and_stops_no_other(
    make_raw_tables: MakeRawTables, durable: RedisServer, start_drain: StartDrain
) -> None:
    database = make_raw_tables("duckdb")
    durable.client.xadd("event-analytics:events", {"batch": "nonsense"})
    with running(database, "--buffer", durable.url) as collector:
        collector.send(event())
    drain = start_drain(database)
    wait_until(lambda: durable.length() == 1, "the other entry", drain)
    drain.send_signal(signal.SIGTERM)
    result = ended(drain)
    assert result.exit_code == 0
    assert "entry stays in stream" in result.stderr
    assert database.query("select count(*) from raw.events") == [(1,)]
