"""What cannot be delivered is kept and tried again; what was delivered is not."""

from __future__ import annotations

import email.utils
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from query.alerts.outbox import RETRY_SECONDS
from tests.alerts.processes import run_process
from tests.alerts.receivers import Answer, Got, Hook, free_port, hooks
from tests.alerts.watched import SECRET, Watched
from tests.support.servers import wait_until


def test_a_failure_is_tried_again_later_and_later(watched: Watched, hook: Hook) -> None:
    watched.configure({"team": {"url": hook.url}})
    watched.judge({})
    hook.answers = lambda _: Answer(500)
    ran = watched.run(code=1)
    assert "team did not take a message: it answered 500" in ran.stderr
    pauses = []
    for attempts in range(1, len(RETRY_SECONDS) + 1):
        [waiting] = watched.outbox()
        assert (waiting["state"], waiting["attempts"]) == ("waiting", attempts)
        assert waiting["last_error"] == "it answered 500"
        pause = datetime.fromisoformat(waiting["next_attempt_at"]) - datetime.now(UTC)
        pauses.append(pause.total_seconds())
        watched.run()
        assert len(hook.got) == attempts
        watched.age(next_attempt_at=RETRY_SECONDS[attempts - 1] * 1.2)
        watched.run(code=1)
    assert pauses == sorted(pauses)
    [failed] = watched.outbox()
    assert (failed["state"], failed["attempts"]) == ("failed", len(RETRY_SECONDS) + 1)
    hook.answers = lambda _: Answer()
    watched.run()
    assert hook.accepted == []
    watched.alerts("outbox", "--retry")
    watched.run()
    assert len({got.message_id for got in hook.got}) == len(hook.accepted) == 1
    assert [entry["state"] for entry in watched.outbox()] == ["delivered"]
    hook.verify(SECRET)


def test_one_run_waits_for_a_receiver_that_fails_for_a_moment(watched: Watched, hook: Hook) -> None:
    watched.configure({"team": {"url": hook.url}})
    watched.judge({}, {"alert": "other"})
    hook.answers = lambda _: Answer(503) if len(hook.got) <= 2 else Answer()
    watched.run(wait=20)
    assert sorted(hook.times().values()) == [1, 1]
    assert len(hook.got) in (3, 4)


@pytest.mark.parametrize("has_date", [True, False])
def test_a_receiver_is_left_alone_for_as_long_as_it_wants(
    duckdb_watched: Watched, hook: Hook, has_date: bool
) -> None:
    watched = duckdb_watched
    watched.configure({"team": {"url": hook.url}})
    watched.judge({})
    then = datetime.now(UTC) + timedelta(hours=3)
    said = email.utils.format_datetime(then, usegmt=True) if has_date else "10800"
    hook.answers = lambda _: Answer(429, {"Retry-After": said})
    watched.run(code=1)
    # another message, of the same receiver
    watched.judge({}, {"alert": "other"})
    watched.run()
    assert len(hook.got) == 1
    waits = [datetime.fromisoformat(entry["next_attempt_at"]) for entry in watched.outbox()]
    assert then - timedelta(minutes=1) < max(waits) < then + timedelta(minutes=20)


def test_a_receiver_that_is_gone_is_not_asked_again(duckdb_watched: Watched, hook: Hook) -> None:
    watched = duckdb_watched
    watched.configure({"team": {"url": hook.url}})
    watched.judge({})
    hook.answers = lambda _: Answer(410)
    watched.run(code=1)
    assert [entry["state"] for entry in watched.outbox()] == ["failed"]
    watched.run()
    assert len(hook.got) == 1


def test_a_redirect_is_not_followed(duckdb_watched: Watched, hook: Hook) -> None:
    watched = duckdb_watched
    watched.configure({"team": {"url": f"{hook.url}/old"}})
    watched.judge({})
    hook.answers = lambda _: Answer(307, {"Location": f"{hook.url}/new"})
    assert "it answered 307" in watched.run(code=1).stderr
    assert [got.path for got in hook.got] == ["/old"]


def test_one_receiver_that_is_down_keeps_no_other_waiting(watched: Watched, hook: Hook) -> None:
    watched.configure(
        {
            "down": {"url": f"http://127.0.0.1:{free_port()}/secret-path"},
            "well": {"url": hook.url},
        }
    )
    watched.judge(*({"alert": f"alert {number}"} for number in range(100)))
    ran = watched.run(code=1)
    assert "down did not take a message: no connection (ConnectError)" in ran.stderr
    # addresses may hold secrets
    assert "secret-path" not in ran.stderr + watched.alerts("outbox").stdout
    assert len(hook.accepted) == len(hook.times()) == 100
    attempts = [entry["attempts"] for entry in watched.outbox() if entry["receiver"] == "down"]
    # after the first failure the rest is not tried
    assert len(attempts) == 100
    assert 1 <= sum(attempts) <= 20


def test_nobody_hears_of_the_end_before_the_beginning(watched: Watched, hook: Hook) -> None:
    watched.configure({"team": {"url": hook.url}})
    hook.answers = lambda _: Answer(500)
    for is_firing in (True, False, True, False):
        watched.judge({"is_firing": is_firing, "date": f"2026-03-0{len(hook.got) + 1}"})
        watched.run(code=1 if hook.got == [] else 0)
    assert len(watched.outbox()) == 4
    hook.answers = lambda _: Answer()
    watched.age(next_attempt_at=10)
    watched.run()
    assert [content["type"] for content in hook.contents()] == [
        "alert.firing",
        "alert.resolved",
    ] * 2
    assert max(hook.times().values()) == 1


def test_what_is_muted_before_it_was_delivered_waits(watched: Watched, hook: Hook) -> None:
    watched.configure({"team": {"url": hook.url}})
    watched.judge({})
    hook.answers = lambda _: Answer(500)
    watched.run(code=1)
    hook.answers = lambda _: Answer()
    watched.age(next_attempt_at=10)
    said = watched.alerts("mute", "--all", "--for", "30m").stderr
    watched.run()
    assert hook.accepted == []
    watched.alerts("unmute", said.split()[-1])
    watched.run()
    assert len(hook.accepted) == 1


def test_runs_beside_one_another_tell_nothing_twice(watched: Watched, hook: Hook) -> None:
    watched.configure({"team": {"url": hook.url}})
    watched.judge(*({"alert": f"alert {number}"} for number in range(150)))
    with ThreadPoolExecutor(3) as threads:
        runs = [threads.submit(run_process, watched) for _ in range(3)]
        assert [run.result() for run in runs] == [0, 0, 0]
    assert len(hook.got) == len(hook.times()) == 150


def test_while_it_delivers_others_may_write(watched: Watched, hook: Hook) -> None:
    """A DuckDB file is not open meanwhile, and PostgreSQL has no transaction open."""
    watched.configure({"team": {"url": hook.url}})
    watched.judge({})
    arrived, go_on = threading.Event(), threading.Event()

    def answer(_: Got) -> Answer:
        arrived.set()
        assert go_on.wait(60)
        return Answer()

    hook.answers = answer
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(run_process, watched)
        assert arrived.wait(60)
        try:
            watched.execute("create table analytics.others (a integer)")
            if watched.database.engine == "postgres":
                idle = watched.database.query(
                    "select count(*) from pg_stat_activity "
                    "where datname = current_database() and application_name = 'loader'"
                )
                assert idle == [(0,)]
        finally:
            go_on.set()
        assert running.result() == 0
    assert len(hook.accepted) == 1


def test_a_run_waits_for_a_file_that_another_process_holds(
    duckdb_watched: Watched, hook: Hook
) -> None:
    watched = duckdb_watched
    watched.configure({"team": {"url": hook.url}})
    watched.judge({})
    with ThreadPoolExecutor(1) as threads:
        holding = duckdb.connect(str(watched.database.path))
        running = threads.submit(run_process, watched)
        try:
            wait_until(running.running, "the start")
            assert hook.got == []
        finally:
            holding.close()
        assert running.result() == 0
    assert len(hook.accepted) == 1


def test_a_webhook_is_signed_with_each_of_its_secrets(duckdb_watched: Watched, hook: Hook) -> None:
    other = "whsec_" + "b3RoZXJz" * 5
    duckdb_watched.configure({"team": {"url": hook.url, "secret": [other, SECRET]}})
    duckdb_watched.judge({})
    duckdb_watched.run()
    hook.verify(SECRET)
    hook.verify(other)
    with pytest.raises(Exception, match="No matching signature"):
        hook.verify("whsec_" + "d3Jvbmdz" * 5)


def test_a_test_needs_no_database(duckdb_watched: Watched, hook: Hook) -> None:
    with hooks() as other:
        other.answers = lambda _: Answer(403)
        duckdb_watched.configure({"well": {"url": hook.url}, "ill": {"url": other.url}})
        options = ("--config", str(duckdb_watched.config))
        said = duckdb_watched.alerts("test", *options, code=1).stdout.splitlines()
        assert said == ["well (webhook): delivered", "ill (webhook): it answered 403"]
        assert (
            duckdb_watched.alerts("test", "well", *options).stdout == "well (webhook): delivered\n"
        )
        assert {content["type"] for content in hook.contents()} == {"test"}
        hook.verify(SECRET)
        wrong = duckdb_watched.alerts("test", "wel", *options, code=1).stderr
        assert "Did you mean 'well'?" in wrong
