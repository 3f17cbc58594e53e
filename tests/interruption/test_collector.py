"""Whatever happens to the collector or its database: what was answered 200 is there, once."""

from __future__ import annotations

import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.collector.running import Collector, running
from tests.interruption.conftest import MakeRawTables, OwnServer
from tests.interruption.processes import terminate_backends
from tests.interruption.senders import Sender, seeded
from tests.sdks.relay import Relay, Step, relaying
from tests.support.databases import Database, Engine
from tests.support.servers import wait_until

ROUNDS = 20
SENDERS = 6


class Trial:
    """A collector that may be killed and started again, and clients that never give up."""

    def __init__(self, database: Database, *options: str) -> None:
        self.database = database
        self._options = options
        self._stack = ExitStack()
        self.collector = self._start()
        self.senders: list[Sender] = []

    def _start(self) -> Collector:
        return self._stack.enter_context(running(self.database, *self._options))

    def send(self, seed: int, senders: int = SENDERS) -> None:
        """Let clients begin."""
        self.senders += [
            Sender(f"{seed}-{number}", lambda: self.collector.url, seeded(f"{seed}-{number}"))
            for number in range(senders)
        ]

    def restart(self) -> None:
        """Start another collector in place of one that has ended."""
        self._stack.close()
        self.collector = self._start()

    def finish(self) -> None:
        """Let the clients end, and end the collector."""
        for sender in self.senders:
            sender.finish()
        assert self.collector.stop() == 0

    def close(self) -> None:
        """End whatever still runs."""
        self._stack.close()

    def stored(self) -> Counter[str]:
        """How often each id is in the table."""
        rows = self.database.query("select cast(event_id as varchar) from raw.events")
        return Counter(event_id for (event_id,) in rows)

    def assert_nothing_lost_and_nothing_twice(self) -> None:
        """Assert that the table holds what was sent, each event once."""
        stored = self.stored()
        acknowledged = [event_id for sender in self.senders for event_id in sender.acknowledged]
        assert set(stored.values()) <= {1}
        assert set(acknowledged) <= set(stored)
        # All were retried until they were acknowledged, so nothing else can be there.
        assert set(stored) == set(acknowledged)
        assert {event_id for sender in self.senders for event_id in sender.sent} == set(stored)
        assert self.database.query("select count(*) from raw.rejected_events") == [(0,)]


@contextmanager
def trial(database: Database, *options: str) -> Iterator[Trial]:
    """A trial whose processes are gone in the end."""
    made = Trial(database, *options)
    try:
        yield made
    finally:
        made.close()


def acknowledged(current: Trial, number: int) -> Callable[[], bool]:
    """Whether so many more events have been acknowledged than now."""
    before = sum(len(sender.acknowledged) for sender in current.senders)
    return lambda: sum(len(sender.acknowledged) for sender in current.senders) >= before + number


def refused(current: Trial) -> Callable[[], bool]:
    """Whether somebody has been told to come again since now."""

    def refusals() -> int:
        return sum(sender.answers.count(503) for sender in current.senders)

    before = refusals()
    return lambda: refusals() > before


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_kills_lose_nothing_and_double_nothing(
    engine: Engine, make_raw_tables: MakeRawTables
) -> None:
    """Each round kills the collector at another moment, while clients send."""
    chance = seeded(f"kill {engine}")
    database = make_raw_tables(engine)
    with trial(database) as current:
        current.send(seed=1)
        for _ in range(ROUNDS):
            wait_until(acknowledged(current, chance.randrange(1, 60)), "some answers")
            time.sleep(chance.uniform(0, 0.03))
            current.collector.process.send_signal(signal.SIGKILL)
            current.collector.process.wait()
            known = {
                event_id for sender in current.senders for event_id in list(sender.acknowledged)
            }
            assert known <= set(current.stored()), "an acknowledged event is gone"
            current.restart()
        current.finish()
        current.assert_nothing_lost_and_nothing_twice()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_server_that_stops_and_starts_loses_nothing(
    own_server: OwnServer, own_database: Database
) -> None:
    """PostgreSQL is crashed, or its sessions are ended, in each round."""
    chance = seeded("server")
    with trial(own_database) as current:
        current.send(seed=2)
        for number in range(ROUNDS):
            wait_until(acknowledged(current, chance.randrange(1, 60)), "some answers")
            time.sleep(chance.uniform(0, 0.03))
            if number % 4 == 0:
                own_server.crash()
                time.sleep(chance.uniform(0, 0.3))
                assert own_server.server is not None
            else:
                terminate_backends(own_database)
        wait_until(acknowledged(current, 50), "recovery")
        current.finish()
        current.assert_nothing_lost_and_nothing_twice()
        statuses = {status for sender in current.senders for status in sender.answers}
        assert statuses == {200, 503}


@pytest.mark.slow
def test_answers_that_are_cut_off_double_nothing(
    engine: Engine, make_raw_tables: MakeRawTables
) -> None:
    """The connection is cut after the commit and before the answer, twenty times."""
    database = make_raw_tables(engine)
    with trial(database) as current, _cutting(current) as relay:
        current.senders = [
            Sender(f"cut-{number}", lambda: relay.url, seeded(f"cut-{number}"))
            for number in range(3)
        ]
        wait_until(lambda: len(relay.seen) >= 2 * ROUNDS, "cut answers")
        current.finish()
        current.assert_nothing_lost_and_nothing_twice()


@contextmanager
def _cutting(current: Trial) -> Iterator[Relay]:
    script: list[Step] = ["lose"] * ROUNDS
    with relaying(current.collector.port, tuple(script)) as relay:
        yield relay


@pytest.mark.slow
def test_a_queue_that_is_full_loses_nothing(own_database: Database) -> None:
    """Each round fills the queue while the table is locked, and lets it run empty again."""
    chance = seeded("queue")
    with trial(own_database, "--queue-events", "60", "--max-events", "20") as current:
        current.send(seed=3, senders=24)
        wait_until(acknowledged(current, 50), "some answers")
        for _ in range(ROUNDS):
            with own_database.connect() as connection:
                connection.autocommit = False
                connection.execute("lock table raw.events in exclusive mode")
                wait_until(refused(current), "a refusal")
                time.sleep(chance.uniform(0, 0.05))
                connection.rollback()
            wait_until(acknowledged(current, 20), "an empty queue")
        current.finish()
        current.assert_nothing_lost_and_nothing_twice()


@pytest.mark.slow
def test_ends_in_order_lose_nothing(engine: Engine, make_raw_tables: MakeRawTables) -> None:
    """SIGTERM, again and again: what was taken is finished, and the exit code is 0."""
    chance = seeded(f"term {engine}")
    database = make_raw_tables(engine)
    with trial(database) as current:
        current.send(seed=4)
        for _ in range(ROUNDS // 4):
            wait_until(acknowledged(current, chance.randrange(1, 60)), "some answers")
            assert current.collector.stop() == 0
            current.restart()
        current.finish()
        current.assert_nothing_lost_and_nothing_twice()


def test_a_client_that_vanishes_in_its_body_leaves_nothing_behind(
    make_raw_tables: MakeRawTables,
) -> None:
    """A body that is cut off is no event, even where its beginning would be one."""
    with trial(make_raw_tables("duckdb")) as current:
        body = b'{"event":"e","user_id":"u","timestamp":"2026-03-01T09:30:00Z"}'
        head = b"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        head += b"write-key-of-the-tests\r\nContent-Length: 500\r\n\r\n"
        with socket.create_connection(("127.0.0.1", current.collector.port)) as connection:
            connection.sendall(head + body)
        wait_until(
            lambda: (
                current.collector.metric(
                    "collector_requests_total", route="/v1/events", status="400"
                )
                == 1
            ),
            "the end of that request",
        )
        current.finish()
        assert current.stored() == Counter()
