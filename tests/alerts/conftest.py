"""Fixtures of the tests of alerts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.alerts.receivers import Hook, hooks
from tests.alerts.watched import Watched
from tests.conftest import MakeDatabase
from tests.support.databases import Database, Engine


@pytest.fixture(scope="session")
def watched_empty() -> dict[Engine, Database]:
    """A database of each engine that has been set up once, to be copied."""
    return {}


@pytest.fixture
def watched(
    engine: Engine,
    make_database: MakeDatabase,
    make_session_database: MakeDatabase,
    watched_empty: dict[Engine, Database],
) -> Watched:
    """A database of each engine in turn whose views are tables, without rows."""
    if engine not in watched_empty:
        watched_empty[engine] = make_session_database(engine)
        Watched(watched_empty[engine]).create_views()
    return Watched(make_database(engine, like=watched_empty[engine]))


@pytest.fixture
def duckdb_watched(make_database: MakeDatabase) -> Watched:
    """The same on DuckDB, where the engine makes no difference."""
    found = Watched(make_database("duckdb"))
    found.create_views()
    return found


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A receiver."""
    with hooks() as found:
        yield found
