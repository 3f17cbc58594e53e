"""Run a program whose standard output is a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Mapping
from pathlib import Path


def run_on_terminal(
    *command: str | Path, cwd: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a program on a terminal of its own, apart from its standard error, a pipe."""
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.PIPE,
        ) as process:
            os.close(theirs)
            written = _read_all(ours)
            errors = process.communicate()[1]
    finally:
        os.close(ours)
    return subprocess.CompletedProcess(
        process.args, process.returncode, written.decode(), errors.decode()
    )


def _read_all(terminal: int) -> bytes:
    written = b""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # nobody has it open any longer
            return written
        if not chunk:
            return written
        written += chunk
