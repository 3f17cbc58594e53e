"""The steps that demo and catalog have in common: settings and the loader."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import click

REPOSITORY = Path(__file__).resolve().parents[1]


def use_own_database(target: str, directory: Path) -> None:
    """Set this process up to work on a database apart from the user's.

    Args:
        target: A target of profiles.example.yml; which server it is the caller sets.
        directory: Where the connection settings go, and files of events and views; created when
            missing.
    """
    os.chdir(REPOSITORY)
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copyfile("profiles.example.yml", directory / "profiles.yml")
    # What is meant for the user's own database could lead away from this one.
    for name in [name for name in os.environ if name.startswith(("DBT_", "LOADER_"))]:
        del os.environ[name]
    os.environ.update(
        EVENTS_TARGET=target,
        EVENTS_DUCKDB_PATH=str(directory / "events.duckdb"),
        # on ClickHouse events are appended to the server, which could read a lake in their place
        EVENTS_LAKE_PATH=str(directory / "lake") if target != "clickhouse" else "",
        EVENTS_SPARK_WAREHOUSE=str(directory / "warehouse"),
        DBT_PROFILES_DIR=str(directory),
        # Times print the same wherever this runs.
        TZ="UTC",
        PGTZ="UTC",
    )
    time.tzset()


def run_loader(*args: str) -> None:
    """Run the loader as a user would; end the demo with its exit code when it fails."""
    click.secho(f"\n$ loader {' '.join(args)}", bold=True)
    ended = subprocess.run([sys.executable, "-m", "loader", *args], check=False)
    if ended.returncode:
        sys.exit(ended.returncode)
