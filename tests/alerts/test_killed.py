"""A run that is killed loses nothing, and nothing comes twice to who goes by ids."""

from __future__ import annotations

import threading
import time

import pytest

from tests.alerts.processes import run_process, start
from tests.alerts.receivers import Answer, Got, Hook
from tests.alerts.watched import SECRET, Watched
from tests.support.servers import wait_until

_ALERTS = 40
_KILLS = 3


@pytest.fixture
def many(watched: Watched, hook: Hook) -> Watched:
    """Forty alerts that fire, and a receiver."""
    watched.configure({"team": {"url": hook.url}})
    watched.judge(*({"alert": f"alert {number}"} for number in range(_ALERTS)))
    return watched


def test_killed_while_a_receiver_has_taken_a_message(many: Watched, hook: Hook) -> None:
    """It has arrived, and nobody could note that: the one place where it is sent once more."""
    for number in range(_KILLS):
        arrived, killed = threading.Event(), threading.Event()
        last = len(hook.got) + number

        def answer(_: Got, arrived: threading.Event = arrived, last: int = last) -> Answer:
            if len(hook.got) > last:
                arrived.set()
                # what is at hand is taken, and its answers have no reader
                assert killed.wait(60)  # noqa: B023 (of this round, which waits for it)
            return Answer()

        hook.answers = answer
        with start(many) as process:
            wait_until(arrived.is_set, "a message")
            process.kill()
            process.communicate()
        killed.set()
        _free(many)
    hook.answers = lambda _: Answer()
    run_process(many)
    wait_until(lambda: len(hook.accepted) == len(hook.got), "the last answers")
    times = hook.times()
    assert len(times) == _ALERTS
    # at most eight are under way at once
    assert sum(times.values()) <= _ALERTS + 8 * _KILLS
    assert all(entry["state"] == "delivered" for entry in many.outbox())
    hook.verify(SECRET)
    run_process(many)
    assert hook.times() == times


def test_killed_at_any_time(many: Watched, hook: Hook) -> None:
    """Before and after each commit, as chance has it."""
    started = time.monotonic()
    with start(many, "--dry-run") as process:
        process.communicate()
    took = time.monotonic() - started
    hook.answers = _slowly
    for number in range(_KILLS):
        with start(many) as process:
            time.sleep(took * (0.5 + number / _KILLS))
            process.kill()
            process.communicate()
        _free(many)
        many.judge(*({"alert": f"alert {n}"} for n in range(_ALERTS)))
    run_process(many)
    times = hook.times()
    assert len(times) == _ALERTS
    assert len(many.outbox()) == _ALERTS
    assert all(entry["state"] == "delivered" for entry in many.outbox())


def test_what_a_killed_run_had_begun_is_left_to_it_for_a_while(many: Watched, hook: Hook) -> None:
    arrived, killed = threading.Event(), threading.Event()

    def answer(_: Got) -> Answer:
        arrived.set()
        killed.wait(60)
        return Answer()

    hook.answers = answer
    with start(many) as process:
        wait_until(arrived.is_set, "a message")
        process.kill()
        process.communicate()
    killed.set()
    got = len(hook.got)
    run_process(many)
    assert len(hook.got) == got
    _free(many)
    run_process(many)
    assert len(hook.times()) == _ALERTS


def _slowly(_: Got) -> Answer:
    time.sleep(0.05)
    return Answer()


def _free(watched: Watched) -> None:
    """Let the time pass after which another run takes over."""
    exists = watched.database.query(
        "select 1 from information_schema.tables "
        "where table_schema = 'alerting' and table_name = 'outbox'"
    )
    if exists:
        watched.age(claimed_until=3_600, next_attempt_at=3_600)
