"""A command beside a server that runs for as long: what `with_postgres` and its like share."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import FrameType


def run_beside(
    program: str,
    is_named: Callable[[Mapping[str, str]], bool],
    started: Callable[[Mapping[str, str]], AbstractContextManager[Mapping[str, str]]],
) -> None:
    """Run the command line's command; exit with its code.

    Args:
        program: The module that the command line names.
        is_named: Whether an environment names a server, so that none is needed.
        started: Runs a server within a block, which gets the variables that lead to it.
    """
    command = [arg for arg in sys.argv[1:2] if arg != "--"] + sys.argv[2:]
    if not command:
        sys.exit(f"usage: python -m {program} -- COMMAND [ARGUMENTS …]")
    environment = dict(os.environ)
    if is_named(environment):
        sys.exit(subprocess.run(command, check=False).returncode)
    # Turned into an exception, so that the server is stopped on the way out.
    signal.signal(signal.SIGTERM, _exit)
    with started(environment) as variables:
        ended = subprocess.run(command, env=environment | dict(variables), check=False)
    sys.exit(ended.returncode)


def _exit(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
