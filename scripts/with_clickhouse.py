"""Run a command beside a ClickHouse: `python -m scripts.with_clickhouse -- COMMAND …`.

The server is the one that CLICKHOUSE_HOST names; without CLICKHOUSE_HOST the embedded engine runs
for the time of the command, with its files in .cache/clickhouse, and the command finds it through
CLICKHOUSE_HOST and its companions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from scripts.beside import run_beside
from scripts.clickhouse import embedded_server, server_from_environment

DATA_DIRECTORY = Path(__file__).resolve().parents[1] / ".cache" / "clickhouse"


@contextmanager
def _started(_environment: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    with embedded_server(DATA_DIRECTORY) as server:
        yield server.env()


if __name__ == "__main__":
    run_beside(
        "scripts.with_clickhouse",
        lambda environment: server_from_environment(environment) is not None,
        _started,
    )
