"""A run of the demo on a database of its own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

from tests.support.databases import REPOSITORY, Database
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
        _, _, after_build = self.stdout.partition("$ dbt build")
        tables = after_build[after_build.index("Daily active users") :]
        return tables.partition("Where to look next")[0]


def run_demo(database: Database, *further_options: str) -> DemoRun:
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
            *further_options,
        ],
        cwd=REPOSITORY,
        env=process_environment(database, own_settings),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
    return DemoRun(database, ended.stdout)
