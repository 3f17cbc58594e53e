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
class DemoRun:
    """One run of the demo: the database that it filled, and what it printed."""

    database: Database
    stdout: str

    @property
    def metrics(self) -> str:
        """The tables, without the load report and dbt's timing before them."""
        _, _, after_build = self.stdout.partition("$ dbt build\n")
        tables = after_build[after_build.index("Daily active users") :]
        return tables.partition("Where to look next")[0]


@pytest.fixture(scope="session")
def duckdb_demo(make_session_database: MakeDatabase) -> DemoRun:
    """The demo on a DuckDB file that nobody else uses."""
    return run_demo(make_session_database("duckdb"))


@pytest.fixture(scope="session")
def postgres_demo(make_session_database: MakeDatabase) -> DemoRun:
    """The demo in a PostgreSQL database that nobody else uses."""
    return run_demo(make_session_database("postgres"))


@pytest.fixture
def demo(engine: Engine, request: pytest.FixtureRequest) -> DemoRun:
    """The demo on each engine in turn."""
    run: DemoRun = request.getfixturevalue(f"{engine}_demo")
    return run


def run_demo(database: Database) -> DemoRun:
    """Run the demo on this database, as a process of its own."""
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
    return DemoRun(database, ended.stdout)
