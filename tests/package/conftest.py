"""A dbt project that uses this one as a package, and an events table that it did not make."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.databases import REPOSITORY, Database
from tests.support.run import run_dbt

# What dbt reads of a package; packages.yml of the consumer finds it three folders up.
PACKAGE_PARTS = ("dbt_project.yml", "models", "macros", "seeds", "analyses", "tests/dbt")
CONSUMER = Path("tests/package/consumer")

# Names of columns, ids, times without an offset and numbers for users that the loader would not
# write. On 31 December, 23:30 UTC, it is New Year in Berlin.
EVENTS = """
    insert into tracking.actions (id, action, happened, customer, details) values
    ('#1', 'viewed', timestamp '2025-12-31 23:30:00', 7, '{"page": "shoes"}'),
    ('#2', 'bought', timestamp '2026-01-01 23:30:00', 7, '{"page": "shoes"}'),
    ('#3', 'viewed', timestamp '2026-01-02 10:00:00', 8, '{"page": "hats"}'),
    ('#4', 'bought', timestamp '2026-01-03 10:00:01', 8, '{}'),
    ('#5', 'viewed', timestamp '2026-02-10 10:00:00', 9, '{}')
"""


@pytest.fixture
def consumer(tmp_path: Path) -> Path:
    """The consumer's project, as far from this one as in the checkout, where nothing may write."""
    checkout = tmp_path / "checkout"
    for part in PACKAGE_PARTS:
        (checkout / part).parent.mkdir(parents=True, exist_ok=True)
        (checkout / part).symlink_to(REPOSITORY / part)
    shutil.copytree(REPOSITORY / CONSUMER, checkout / CONSUMER)
    return checkout / CONSUMER


@pytest.fixture
def shop(database: Database, consumer: Path) -> Database:
    """A database with the shop's events, the shop's profile for it, and the package installed."""
    shutil.copy(consumer / "profiles.yml", database.directory)
    database.execute("create schema tracking")
    database.execute(
        "create table tracking.actions"
        " (id varchar(20), action varchar(50), happened timestamp, customer integer, details text,"
        " arrived timestamp with time zone default '2026-03-01 00:00:00+00')"
    )
    database.execute(EVENTS)
    run_dbt("deps", database=database, project=consumer)
    return database
