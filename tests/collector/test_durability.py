"""What is answered is committed; what cannot be committed is told to come again."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from collector.settings import Settings
from tests.collector.conftest import StartCollector
from tests.collector.running import KEY, Collector, event, running
from tests.interruption.conftest import OwnServer
from tests.support.databases import Database, new_database
from tests.support.run import run_loader
from tests.support.servers import wait_until


def test_requests_that_come_together_share_commits(
    raw_database: Database, start_collector: StartCollector
) -> None:
    collector = start_collector(raw_database, "--release-after", "5")
    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(lambda _: collector.send(event()), range(400)))
    assert outcomes == [["appended"]] * 400
    commits = collector.metric("collector_commit_seconds_count")
    assert commits < 390
    assert collector.metric("collector_commit_requests_sum") == 400
    assert collector.stop() == 0
    assert len(collector.rows()) == 400


def test_one_id_from_many_clients_is_appended_once(
    raw_database: Database, start_collector: StartCollector
) -> None:
    collector = start_collector(raw_database)
    same = event()
    with ThreadPoolExecutor(16) as pool:
        outcomes = [outcome for [outcome] in pool.map(lambda _: collector.send(same), range(64))]
    assert sorted(outcomes) == ["appended"] + ["duplicate"] * 63
    assert len(collector.rows()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_what_was_taken_is_answered(
    raw_database: Database, start_collector: StartCollector, number: signal.Signals
) -> None:
    collector = start_collector(raw_database)
    answered: list[str] = []
    stopped = threading.Event()

    def deliver(_: int) -> None:
        with httpx.Client(base_url=collector.url, timeout=30) as client:
            while not stopped.is_set():
                one = event()
                try:
                    answer = client.post(
                        "/v1/events",
                        content=json.dumps(one),
                        headers={"Authorization": f"Bearer {KEY}"},
                    )
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    answered.append(one["id"])

    with ThreadPoolExecutor(8) as pool:
        for worker in range(8):
            pool.submit(deliver, worker)
        wait_until(lambda: len(answered) > 50, "some answers")
        collector.process.send_signal(number)
        assert collector.process.wait(30) == 0
        stopped.set()
    stored = {event_id for (event_id,) in collector.rows("cast(event_id as varchar)")}
    assert stored >= set(answered)
    assert collector.lines("stopped")
    with pytest.raises(httpx.ConnectError):
        httpx.get(collector.url)


def test_a_database_that_is_down_means_503_and_it_recovers_by_itself(
    own_server: OwnServer, tmp_path: Path
) -> None:
    database = new_database("postgres", tmp_path, own_server.server)
    run_loader("init", database=database, check=True)
    with running(database) as collector:
        assert collector.send(event("before")) == ["appended"]

        own_server.crash()
        during = event("during")
        answer = collector.post("/v1/events", during)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.json()["code"] == "unavailable"
        assert str(own_server.data_directory) not in answer.text
        assert collector.client.get("/readyz").status_code == 503
        assert collector.client.get("/healthz").status_code == 200
        assert collector.metric("collector_database_up") == 0
        assert collector.wait_for_log("database unavailable")["level"] == "error"

        assert own_server.server is not None
        wait_until(lambda: collector.client.get("/readyz").status_code == 200, "recovery")
        assert collector.send(during) == ["appended"]
        assert collector.rows("user_id") == [("before",), ("during",)]
        assert collector.stop() == 0


@pytest.fixture
def careless_server(own_server: OwnServer) -> Iterator[OwnServer]:
    """A server that confirms what it writes a fifth of a second later."""

    def configure(statement: str) -> None:
        with own_server.server.connect() as connection:
            connection.execute(statement.encode())
            connection.execute("select pg_reload_conf()")

    configure("alter system set synchronous_commit = off")
    yield own_server
    configure("alter system reset synchronous_commit")


def test_a_commit_is_on_disk_even_where_the_server_does_not_care(
    careless_server: OwnServer, tmp_path: Path
) -> None:
    """The server crashes right after the answer, which costs it whatever is not on disk."""
    database = new_database("postgres", tmp_path, careless_server.server)
    run_loader("init", database=database, check=True)
    with running(database) as collector:
        assert collector.send(event("ada")) == ["appended"]
        careless_server.crash()
        assert careless_server.server is not None
        assert collector.users() == ["ada"]


def test_it_starts_without_a_database_and_waits_for_it(
    own_server: OwnServer, tmp_path: Path
) -> None:
    database = new_database("postgres", tmp_path, own_server.server)
    with running(database) as collector:
        assert "loader init" in collector.wait_for_log("database unavailable")["problem"]
        assert collector.post("/v1/events", event()).status_code == 503
        run_loader("init", database=database, check=True)
        wait_until(lambda: collector.client.get("/readyz").status_code == 200, "recovery")
        assert collector.send(event()) == ["appended"]


def test_a_duckdb_file_is_shared_with_other_programs_in_turn(
    duckdb_database: Database, start_collector: StartCollector
) -> None:
    collector = start_collector(duckdb_database, "--lock-timeout", "0.1")
    assert collector.send(event()) == ["appended"]
    collector.release()
    connection = duckdb_database.connect()
    try:
        late = event()
        assert collector.post("/v1/events", late).status_code == 503
    finally:
        connection.close()
    wait_until(lambda: collector.client.get("/readyz").status_code == 200, "recovery")
    assert collector.send(late) == ["appended"]


def test_a_full_queue_means_503_and_memory_stays_bounded(
    own_server: OwnServer, tmp_path: Path
) -> None:
    database = new_database("postgres", tmp_path, own_server.server)
    run_loader("init", database=database, check=True)
    with running(database, "--queue-events", "50", "--max-events", "50") as collector:
        connection = database.connect()
        connection.autocommit = False
        connection.execute("lock table raw.events in exclusive mode")
        with ThreadPoolExecutor(80) as pool:
            answers = [
                pool.submit(collector.post, "/v1/events", [event(f"u{n}") for _ in range(10)])
                for n in range(40)
            ]
            wait_until(lambda: any(answer.done() for answer in answers), "a refusal")
            assert collector.client.get("/readyz").status_code == 503
            assert collector.metric("collector_queue_events") == 50
            time.sleep(0.2)
            connection.rollback()
            found = [answer.result() for answer in answers]
        connection.close()
        refused = [answer for answer in found if answer.status_code == 503]
        taken = [answer for answer in found if answer.status_code == 200]
        assert len(refused) + len(taken) == 40
        assert refused
        assert all(answer.json()["code"] == "overloaded" for answer in refused)
        assert all("Retry-After" in answer.headers for answer in refused)
        assert len(collector.rows()) == 10 * len(taken)


def test_a_client_that_hangs_up_before_the_answer_finds_its_events_there(
    collector: Collector,
) -> None:
    lost = event("lost")
    body = json.dumps(lost).encode()
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", collector.port)) as connection:
        connection.sendall(head.encode() + body)
    wait_until(lambda: len(collector.rows()) == 1, "the event")
    assert collector.send(lost) == ["duplicate"]


def test_a_body_that_stops_coming_is_given_up(
    duckdb_database: Database, start_collector: StartCollector
) -> None:
    collector = start_collector(duckdb_database, "--body-timeout", "0.3")
    with socket.create_connection(("127.0.0.1", collector.port), timeout=10) as connection:
        connection.sendall(
            f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
            "Content-Length: 100\r\n\r\n{".encode()
        )
        answer = connection.recv(4096)
    assert b" 503 " in answer.splitlines()[0]
    assert collector.metric("collector_buffer_bytes") == 0


def test_settings_that_contradict_each_other_are_refused() -> None:
    for contradiction in (
        {"queue_events": 5, "max_events": 6},
        {"max_inflated_bytes": 5, "max_body_bytes": 6},
        {"buffer_bytes": 5},
    ):
        with pytest.raises(Exception, match="--"):
            Settings(**contradiction)  # type: ignore[arg-type]
