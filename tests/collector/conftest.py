"""Fixtures of the collector's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.collector.running import Collector, running
from tests.conftest import MakeDatabase
from tests.interruption.conftest import own_server
from tests.support.databases import Database, Engine
from tests.support.run import run_loader

__all__ = ["own_server"]

StartCollector = Callable[..., Collector]

_EMPTY_BOTH = (
    "alter table {}.{} disable trigger append_only",
    "delete from {}.{}",
    "alter table {}.{} enable trigger append_only",
)


@pytest.fixture
def raw_database(database: Database) -> Database:
    """A database of each engine in turn with empty raw tables."""
    run_loader("init", database=database, check=True)
    return database


@pytest.fixture
def two(raw_database: Database) -> Database:
    """A database with the organisations acme and globex, besides the default schemas."""
    for org in ("acme", "globex"):
        run_loader("init", "--org", org, database=raw_database, check=True)
    return raw_database


@pytest.fixture
def duckdb_database(make_database: MakeDatabase) -> Database:
    """A DuckDB file with empty raw tables, where the engine makes no difference."""
    database = make_database("duckdb")
    run_loader("init", database=database, check=True)
    return database


@pytest.fixture
def start_collector() -> Iterator[StartCollector]:
    """Start collectors that end with the test."""
    with ExitStack() as stack:

        def start(database: Database, *options: str, **more: object) -> Collector:
            return stack.enter_context(running(database, *options, **more))  # type: ignore[arg-type]

        yield start


@pytest.fixture(scope="session")
def shared_collectors(
    make_session_database: MakeDatabase,
) -> Iterator[Callable[[Engine], Collector]]:
    """One collector for each engine that many tests use, since each takes a second to start."""
    with ExitStack() as stack:
        found: dict[Engine, Collector] = {}

        def get(engine: Engine) -> Collector:
            if engine not in found:
                database = make_session_database(engine)
                run_loader("init", database=database, check=True)
                found[engine] = stack.enter_context(running(database))
            return found[engine]

        yield get


@pytest.fixture
def collector(engine: Engine, shared_collectors: Callable[[Engine], Collector]) -> Collector:
    """A running collector of each engine in turn; its tables are empty."""
    shared = shared_collectors(engine)
    shared.release()
    for table in ("events", "rejected_events"):
        statements = _EMPTY_BOTH if engine == "postgres" else _EMPTY_BOTH[1:2]
        for statement in statements:
            shared.database.execute(statement.format("raw", table))
    return shared
