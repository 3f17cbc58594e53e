"""Runs of alerts as processes of their own, to be killed or to run beside one another."""

from __future__ import annotations

import subprocess

from tests.alerts.watched import Watched
from tests.support.run import start_loader

_TIMEOUT = 120.0


def start(watched: Watched, *options: str, command: str = "run") -> subprocess.Popen[bytes]:
    """Start `query alerts run`, or another command."""
    return start_loader(
        *("alerts", command, "--config", watched.config),
        *(("--wait", "0") if command == "run" else ()),
        *options,
        database=watched.database,
        program="query",
        stdin=subprocess.DEVNULL,
    )


def run_process(watched: Watched, *options: str) -> int:
    """Run it to its end; the exit code."""
    with start(watched, *options) as process:
        try:
            _, stderr = process.communicate(timeout=_TIMEOUT)
        except BaseException:
            process.kill()
            raise
    assert process.returncode == 0, stderr.decode()
    return process.returncode
