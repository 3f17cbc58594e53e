"""Run a command beside a PostgreSQL server: `python -m scripts.with_postgres -- COMMAND …`.

The server is the one that PGHOST names; without PGHOST one is started for the time of the command,
with its files in .cache/postgres, and the command finds it through PGHOST and its companions.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from scripts.postgres import embedded_server, server_from_environment

DATA_DIRECTORY = Path(__file__).resolve().parents[1] / ".cache" / "postgres"


def main() -> None:
    """Run the command line's command; exit with its code."""
    command = [arg for arg in sys.argv[1:2] if arg != "--"] + sys.argv[2:]
    if not command:
        sys.exit("usage: python -m scripts.with_postgres -- COMMAND [ARGUMENTS …]")
    environment = dict(os.environ)
    if server_from_environment(environment) is not None:
        sys.exit(subprocess.run(command, check=False).returncode)
    # Turned into an exception, so that the server is stopped on the way out.
    signal.signal(signal.SIGTERM, _exit)
    with embedded_server(DATA_DIRECTORY) as server:
        database = environment.get("PGDATABASE") or "events"
        if not server.has_database(database):
            server.create_database(database)
        ended = subprocess.run(command, env=environment | server.env(database), check=False)
    sys.exit(ended.returncode)


def _exit(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
