"""One run of the demo on each engine, shared by the tests that look at what it left."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

import pytest

from tests.conftest import MakeDatabase
from tests.support.databases import REPOSITORY, Database, Engine
from tests.support.run import process_environment

# What the environment names while the demo runs, and what the demo must not touch.
USERS_OWN_FILE = "users_own.duckdb"
USERS_OWN_DATABASE = "users_own"


@dataclass(frozen=True)
class DemoOutput:
    """What one run of the demo printed."""

    stdout: str
    stderr: str

    @property
    def metrics(self) -> str:
        """The tables, without the load report and dbt's timing before them."""
        _, _, after_build = self.stdout.partition("$ dbt build\n")
        tables = after_build[after_build.index("Daily active users") :]
        return tables.partition("Where to look next")[0]


@dataclass(frozen=True)
class DemoRuns:
    """The demo run twice on one database."""

    database: Database
    first: DemoOutput
    second: DemoOutput


@pytest.fixture(scope="session")
def duckdb_demo(make_session_database: MakeDatabase) -> DemoRuns:
    """The demo's two runs on a DuckDB file that nobody else uses."""
    return _demo_twice(make_session_database("duckdb"))


@pytest.fixture(scope="session")
def postgres_demo(make_session_database: MakeDatabase) -> DemoRuns:
    """The demo's two runs in a PostgreSQL database that nobody else uses."""
    return _demo_twice(make_session_database("postgres"))


@pytest.fixture
def demo(engine: Engine, request: pytest.FixtureRequest) -> DemoRuns:
    """The demo's two runs on each engine in turn."""
    runs: DemoRuns = request.getfixturevalue(f"{engine}_demo")
    return runs


def _demo_twice(database: Database) -> DemoRuns:
    return DemoRuns(database, _demo(database), _demo(database))


def _demo(database: Database) -> DemoOutput:
    options = {
        "--target": database.engine,
        "--directory": str(database.directory),
        "--database": database.name,
    }
    own_settings = {
        "EVENTS_DUCKDB_PATH": str(database.directory / USERS_OWN_FILE),
        "PGDATABASE": USERS_OWN_DATABASE,
    }
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "scripts.demo",
            *(part for option in options.items() for part in option),
        ],
        cwd=REPOSITORY,
        env=process_environment(database, own_settings),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
    return DemoOutput(ended.stdout, ended.stderr)
