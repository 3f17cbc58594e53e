"""`query alerts watch` does what a run does, whenever there is something to do."""

from __future__ import annotations

import json
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.alerts.processes import start
from tests.alerts.receivers import Answer, Hook
from tests.alerts.watched import Watched
from tests.support.servers import wait_until


@pytest.fixture
def configured(watched: Watched, hook: Hook) -> Watched:
    """A database with one receiver, in which an alert fires."""
    watched.configure({"team": {"url": hook.url}})
    watched.judge({})
    return watched


def test_it_tells_of_each_change_and_ends_when_it_is_told_to(
    configured: Watched, hook: Hook
) -> None:
    hook.answers = lambda _: Answer(500) if len(hook.got) == 1 else Answer()
    with start(configured, "--every", "0.3", command="watch") as process:
        try:
            wait_until(lambda: len(hook.accepted) == 1, "the first message")
            configured.judge({"is_firing": False})
            wait_until(lambda: len(hook.accepted) == 2, "the second one")
        finally:
            process.send_signal(signal.SIGTERM)
            _, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr.decode()
    lines = [json.loads(line) for line in stderr.decode().splitlines()]
    messages = [line["message"] for line in lines]
    assert (messages[0], messages[-1]) == ("watching", "stopped")
    assert {"receiver": "team", "error": "it answered 500"}.items() <= next(
        line for line in lines if line["message"] == "undelivered"
    ).items()
    assert [content["type"] for content in hook.contents()] == ["alert.firing", "alert.resolved"]


def test_a_file_that_nobody_writes_to_is_left_alone(duckdb_watched: Watched, hook: Hook) -> None:
    watched = duckdb_watched
    watched.configure({"team": {"url": hook.url}})
    watched.judge({})
    with start(watched, "--every", "0.1", command="watch") as process:
        try:
            wait_until(lambda: len(hook.accepted) == 1, "the message")
            opened = watched.database.path
            wait_until(lambda: _quiet(process.pid, opened), "an end of its looking into the file")
        finally:
            process.terminate()
            process.communicate(timeout=60)


def _quiet(process: int, file: Path) -> bool:
    """Whether a process has not opened a file for a second, while it looks ten times."""
    for _ in range(100):
        for handle in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):
                if handle.readlink() == file:
                    return False
        time.sleep(0.01)
    return True
