"""Collectors to be measured, and the databases that they write to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import click
import yaml

from benchmarks.loading import CACHE, REPOSITORY, loader, server
from benchmarks.measure import run
from loader import quiet_duckdb
from scripts.postgres import PostgresServer

DATABASE = "event_analytics_benchmark"
KEY = "benchmark"


@dataclass
class Database:
    """One engine's database: emptied before each case."""

    engine: str
    environment: dict[str, str]
    connect: Callable[[], Any]
    drop: Callable[[], None]
    parameter: str
    found: dict[str, list[dict[str, float]]] = field(default_factory=dict)

    def empty(self) -> None:
        """Fresh raw tables."""
        self.drop()
        run(loader("init"), self.environment)

    def count(self) -> int:
        """How many events there are."""
        connection = self.connect()
        try:
            return int(connection.execute("select count(*) from raw.events").fetchone()[0])
        finally:
            connection.close()

    def note(self, name: str, values: dict[str, float]) -> None:
        """Keep what a round has found."""
        self.found.setdefault(name, []).append(values)
        shown = ", ".join(f"{key} {value:,.1f}" for key, value in values.items())
        click.echo(f"{self.engine}: {name}: {shown}", err=True)


@contextmanager
def databases(
    engines: tuple[str, ...], memory_limit: str | None = None
) -> Iterator[list[Database]]:
    """The databases, which are gone in the end; ``memory_limit`` is a setting of DuckDB's."""
    profiles = CACHE / "profiles"
    profiles.mkdir(parents=True, exist_ok=True)
    profile = yaml.safe_load((REPOSITORY / "profiles.example.yml").read_text())
    if memory_limit is not None:
        for found in profile.values():
            found["outputs"]["duckdb"]["settings"] = {"memory_limit": memory_limit}
    (profiles / "profiles.yml").write_text(yaml.safe_dump(profile))
    common = {**os.environ, "DBT_PROFILES_DIR": str(profiles)}
    with ExitStack() as stack:
        makers = {"postgres": lambda: _postgres(stack, common), "duckdb": lambda: _duckdb(common)}
        made = [makers[engine]() for engine in engines]
        for database in made:
            stack.callback(database.drop)
        yield made


def _postgres(stack: ExitStack, common: dict[str, str]) -> Database:
    running: PostgresServer = stack.enter_context(server())

    def drop() -> None:
        running.drop_database(DATABASE)
        running.create_database(DATABASE)

    stack.callback(lambda: running.drop_database(DATABASE))
    environment = {**common, **running.env(DATABASE), "EVENTS_TARGET": "postgres"}
    return Database("postgres", environment, lambda: running.connect(DATABASE), drop, "%s")


def _duckdb(common: dict[str, str]) -> Database:
    path = CACHE / "collecting.duckdb"

    def drop() -> None:
        for part in path.parent.glob(f"{path.name}*"):
            part.unlink()

    environment = {**common, "EVENTS_DUCKDB_PATH": str(path), "EVENTS_TARGET": "duckdb"}
    return Database("duckdb", environment, lambda: quiet_duckdb.connect(path), drop, "?")


@contextmanager
def collector(database: Database) -> Iterator[tuple[int, int]]:
    """Process id and port of a collector; RuntimeError unless it ends well."""
    command = loader(
        *("serve", "--port", "0", "--write-key", KEY, "--requests-per-second", "0"),
        program="collector",
    )
    log = CACHE / f"collector-{database.engine}.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(command, env=database.environment, stderr=stream)
        try:
            while not (text := log.read_bytes()).endswith(b"\n"):
                if process.poll() is not None:
                    raise RuntimeError(f"the collector ended: {log.read_text()}")
                time.sleep(0.05)
            port = next(
                line["port"]
                for line in map(json.loads, text.splitlines())
                if line["message"] == "listening"
            )
            time.sleep(1)  # until it accepts
            yield process.pid, port
            process.send_signal(signal.SIGTERM)
            if process.wait(60):
                raise RuntimeError(f"the collector failed: {log.read_text()[-2000:]}")
        finally:
            process.kill()
            process.wait()
