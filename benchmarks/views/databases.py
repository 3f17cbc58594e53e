"""The databases that are measured: loaded, built and read by processes of their own."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import Run, run
from benchmarks.views.queries import Engine
from loader.quiet_duckdb import connect
from scripts.postgres import PostgresServer

REPOSITORY = Path(__file__).resolve().parents[2]
SEEDS = REPOSITORY / "benchmarks" / "seeds"
# A load, a build and a refresh as people run them between two builds with all tests.
WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


def copy_project(directory: Path, checkout: Path = REPOSITORY) -> Path:
    """Copy the dbt project into a new directory, with the benchmark's definitions."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for part in ("models", "macros", "seeds", "analyses", "tests/dbt"):
        shutil.copytree(checkout / part, directory / part)
    for file in ("dbt_project.yml", "selectors.yml"):
        shutil.copy(checkout / file, directory)
    shutil.copy(checkout / "profiles.example.yml", directory / "profiles.yml")
    for seed in SEEDS.glob("*.csv"):
        shutil.copy(seed, directory / "seeds")
    return directory


@dataclass
class Database:
    """One database of its own, on either engine.

    Attributes:
        engine: duckdb or postgres.
        directory: The copy of the project, and the DuckDB file.
        server: Where the PostgreSQL database is.
        name: The PostgreSQL database.
        checkout: Whose loader and project are measured.
    """

    engine: Engine
    directory: Path
    server: PostgresServer | None = None
    name: str = ""
    checkout: Path = REPOSITORY

    @property
    def path(self) -> Path:
        """The DuckDB file."""
        return self.directory / "events.duckdb"

    @property
    def environment(self) -> dict[str, str]:
        """What leads a process to this database."""
        reached = {"EVENTS_DUCKDB_PATH": str(self.path)}
        if self.server is not None:
            reached = self.server.env(self.name)
        cleaned = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}
        return {
            **cleaned,
            **reached,
            "PYTHONPATH": str(self.checkout),
            "DBT_PROFILES_DIR": str(self.directory),
            "DBT_PROJECT_DIR": str(self.directory),
            "EVENTS_TARGET": self.engine,
        }

    def create(self) -> None:
        """Make an empty database with raw tables."""
        copy_project(self.directory, self.checkout)
        if self.server is not None:
            self.server.drop_database(self.name)
            self.server.create_database(self.name)
        run(self._loader("init"), self.environment)

    def drop(self) -> None:
        """Remove the database and the copy of the project."""
        if self.server is not None:
            self.server.drop_database(self.name)
        shutil.rmtree(self.directory, ignore_errors=True)

    def append(self, events: Path) -> Run:
        """`loader append` of a file."""
        appended = run(self._loader("append", str(events)), self.environment)
        if self.server is not None:
            # what autovacuum does a minute later, with the tables of a build before, too
            with self.server.connect(self.name) as connection:
                connection.execute("vacuum analyze")
        return appended

    def age(self) -> None:
        """Date all events as if they had arrived hour by hour, and lay them in that order."""
        hour = "date_trunc('hour', event_time) + interval '1 hour'"
        age = f"update raw.events set ingested_at = least(ingested_at, {hour})"
        if self.server is None:
            with connect(self.path) as connection:
                connection.execute(age)
                connection.execute("create temp table laid as from raw.events order by ingested_at")
                connection.execute("truncate raw.events")
                connection.execute("insert into raw.events from laid")
            return
        with self.server.connect(self.name) as connection:
            # the table refuses changes, by a trigger
            connection.execute("set session_replication_role = replica")
            connection.execute(age)
            connection.execute("create index arrivals on raw.events (ingested_at)")
            connection.execute("cluster raw.events using arrivals")
            connection.execute("drop index raw.arrivals")
            connection.execute("vacuum analyze raw.events")

    def build(self, rollups: str, *options: str) -> Run:
        """`dbt build`; with `--full-refresh` a full rebuild."""
        return self._dbt(rollups, "build", *options)

    def refresh(self) -> Run:
        """The refresh that docs/rollups.md recommends: what is kept, and no view."""
        return self._dbt("incremental", "--no-write-json", "run", "--selector", "refresh")

    def _dbt(self, rollups: str, *arguments: str) -> Run:
        command = [sys.executable, "-m", "dbt.cli.main", *arguments, "--no-use-colors"]
        command += ["--vars", json.dumps({"rollups": rollups})]
        command += ["--target-path", str(self.directory / "target")]
        command += ["--log-path", str(self.directory / "logs")]
        return run(command, self.environment)

    def public_views(self) -> list[str]:
        """The names of all public views, from dbt's manifest, in order."""
        manifest = json.loads((self.directory / "target" / "manifest.json").read_text())
        return sorted(
            node["name"]
            for node in manifest["nodes"].values()
            if node["resource_type"] == "model"
            and node["access"] == "public"
            and "marts" in node["fqn"]
        )

    def slowest(self, count: int) -> list[tuple[str, float]]:
        """The nodes of the last build that took longest, in seconds."""
        results = json.loads((self.directory / "target" / "run_results.json").read_text())[
            "results"
        ]
        nodes = [(node["unique_id"].split(".", 2)[2], node["execution_time"]) for node in results]
        return sorted(nodes, key=lambda node: -node[1])[:count]

    def read(self, query: str) -> Run:
        """One process that reads all rows of a query."""
        return run(self._reader(), self.environment, query)

    def rows(self, query: str) -> Sequence[Sequence[Any]]:
        """The rows of a query."""
        read = subprocess.run(
            [*self._reader(), "--rows"],
            env=self.environment,
            input=query.encode(),
            stdout=subprocess.PIPE,
            check=True,
        )
        rows: Sequence[Sequence[Any]] = pickle.loads(read.stdout)  # noqa: S301 - our own process
        return rows

    def _loader(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "loader", *arguments]

    def _reader(self) -> list[str]:
        command = [sys.executable, "-m", "benchmarks.views.read", self.engine]
        return [*command, str(self.path)] if self.engine == "duckdb" else command
