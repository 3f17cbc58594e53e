"""Whatever is killed or down, what was answered 200 reaches the table, once."""

from __future__ import annotations

import signal
import time

import pytest

from tests.buffer.conftest import RedisServer, StartDrain
from tests.interruption.conftest import MakeRawTables, OwnServer
from tests.interruption.processes import Process, wait_until
from tests.interruption.senders import seeded
from tests.interruption.test_collector import acknowledged, trial
from tests.support.databases import Database, Engine

ROUNDS = 20


def drained(durable: RedisServer, drain: Process) -> None:
    """Wait until nothing is left in the stream, then end the drain in order."""
    wait_until(lambda: durable.length() == 0, "an empty stream", drain)
    drain.send_signal(signal.SIGTERM)
    assert drain.wait(30) == 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_kills_lose_nothing_and_double_nothing(
    engine: Engine, make_raw_tables: MakeRawTables, durable: RedisServer, start_drain: StartDrain
) -> None:
    """Each round kills collector, drain or Redis, while clients send."""
    chance = seeded(f"buffer {engine}")
    database = make_raw_tables(engine)
    drain = start_drain(database)
    with trial(database, "--buffer", durable.url) as current:
        current.send(seed=11, senders=4)
        for number in range(ROUNDS):
            wait_until(acknowledged(current, chance.randrange(1, 60)), "some answers")
            time.sleep(chance.uniform(0, 0.03))
            if number % 3 == 0:
                drain.kill()
                drain.wait()
                drain = start_drain(database)
            elif number % 3 == 1:
                current.collector.process.send_signal(signal.SIGKILL)
                current.collector.process.wait()
                current.restart()
            else:
                durable.kill()
                durable.start()
        current.finish()
        drained(durable, drain)
        current.assert_nothing_lost_and_nothing_twice()


@pytest.mark.slow
def test_a_database_that_is_down_is_not_noticed_by_clients(
    own_server: OwnServer, own_database: Database, durable: RedisServer, start_drain: StartDrain
) -> None:
    drain = start_drain(own_database)
    with trial(own_database, "--buffer", durable.url) as current:
        current.send(seed=12, senders=2)
        for _ in range(3):
            wait_until(acknowledged(current, 20), "answers with a database")
            own_server.crash()
            wait_until(acknowledged(current, 50), "answers without a database")
            assert own_server.server is not None
        current.finish()
        drained(durable, drain)
        current.assert_nothing_lost_and_nothing_twice()
        assert {status for sender in current.senders for status in sender.answers} == {200}


@pytest.mark.slow
def test_two_drains_double_nothing(
    make_raw_tables: MakeRawTables, durable: RedisServer, start_drain: StartDrain
) -> None:
    """One of the two is stopped for so long that the other takes over what it has."""
    database = make_raw_tables("postgres")
    first, second = start_drain(database), start_drain(database)
    with trial(database, "--buffer", durable.url) as current:
        current.send(seed=13, senders=4)
        for _ in range(3):
            wait_until(acknowledged(current, 50), "some answers")
            first.send_signal(signal.SIGSTOP)
            time.sleep(1.2)
            first.send_signal(signal.SIGCONT)
        current.finish()
        drained(durable, first)
        drained(durable, second)
        current.assert_nothing_lost_and_nothing_twice()
