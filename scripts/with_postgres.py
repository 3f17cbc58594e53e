"""Run a command beside a PostgreSQL server: `python -m scripts.with_postgres -- COMMAND …`.

The server is the one that PGHOST names; without PGHOST one is started for the time of the command,
with its files in .cache/postgres, and the command finds it through PGHOST and its companions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from scripts.beside import run_beside
from scripts.postgres import embedded_server, server_from_environment

DATA_DIRECTORY = Path(__file__).resolve().parents[1] / ".cache" / "postgres"


@contextmanager
def _started(environment: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    with embedded_server(DATA_DIRECTORY) as server:
        database = environment.get("PGDATABASE") or "events"
        if not server.has_database(database):
            server.create_database(database)
        yield server.env(database)


if __name__ == "__main__":
    run_beside(
        "scripts.with_postgres",
        lambda environment: server_from_environment(environment) is not None,
        _started,
    )
