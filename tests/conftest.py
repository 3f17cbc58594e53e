"""Fixtures shared by all tests: databases of both engines, created fresh and cleaned up."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import hypothesis
import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from scripts.postgres import PostgresServer, server_from_environment
from tests.support.databases import (
    ENGINES,
    REPOSITORY,
    Database,
    Engine,
    new_database,
    passing_server,
)
from tests.support.demo import DemoRun, run_demo
from tests.support.run import foreign_settings
from tests.support.workers import GroupScheduling, longest_first, shares_what_takes_long

# Read before any test can change the environment.
NAMED_SERVER = server_from_environment(os.environ)

# What a shell starts in the background ignores Ctrl-C, and so would the loaders of the tests.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

set_hypothesis_home_dir(REPOSITORY / ".cache" / "hypothesis")
# A slow machine is no defect, and a failure must be the same one for everybody.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
# For a longer search, and another one each time: HYPOTHESIS_PROFILE=thorough
hypothesis.settings.register_profile("thorough", deadline=None, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, and let it take as long on a slow machine."""
    items.sort(key=lambda item: longest_first(item.nodeid))
    for item in items:
        # Whichever test of them is the first waits for what they share.
        if shares_what_takes_long(item.nodeid):
            item.add_marker(pytest.mark.timeout(1800))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> GroupScheduling:
    """Keep together what shares something expensive (with --numprocesses)."""
    return GroupScheduling(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:  # noqa: ARG001 (its signature)
    """One worker more than there are processors, as many tests wait for servers and processes."""
    return (os.cpu_count() or 1) + 1


class MakeDatabase(Protocol):
    """The `make_database` fixture."""

    def __call__(self, engine: Engine, like: Database | None = None) -> Database:
        """Create a database: empty, or a copy of `like`, a database of the same engine."""


@pytest.fixture(autouse=True)
def _no_foreign_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the developer's own settings, which could lead a test to real data."""
    for name in foreign_settings(list(os.environ)):
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server that PGHOST names, else an embedded one for the time of the session."""
    if NAMED_SERVER is not None:
        yield NAMED_SERVER
        return
    # Not in pytest's own directory: another session's start closes that to the server's user.
    with (
        TemporaryDirectory(prefix="event-analytics-tests-") as directory,
        passing_server(Path(directory) / "data") as server,
    ):
        yield server


@pytest.fixture(scope="session")
def postgres_leftovers(
    postgres_server: PostgresServer,  # noqa: ARG001 (for the order of their ends)
) -> Iterator[ExitStack]:
    """What is to be dropped before the server ends.

    pytest does not know that a fixture needs what it asked for late, so a database that lives as
    long as the session is dropped here, by a fixture that names the server.
    """
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="session")
def make_session_database(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[MakeDatabase]:
    """Create databases that live as long as the session, to be built once and copied."""
    yield from _database_factory(lambda: tmp_path_factory.mktemp("database"), request)


@pytest.fixture
def make_database(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[MakeDatabase]:
    """Create databases that live as long as the test."""
    yield from _database_factory(lambda: tmp_path_factory.mktemp("database"), request)


def _database_factory(
    new_directory: Callable[[], Path], request: pytest.FixtureRequest
) -> Iterator[MakeDatabase]:
    made: list[Database] = []

    def make(engine: Engine, like: Database | None = None) -> Database:
        server: PostgresServer | None = None
        if engine == "postgres":
            # Asked for only now: tests on DuckDB alone need no server.
            server = request.getfixturevalue("postgres_server")
        database = new_database(engine, new_directory(), server, like)
        if server is not None and request.scope == "session":
            leftovers: ExitStack = request.getfixturevalue("postgres_leftovers")
            leftovers.callback(server.drop_database, database.name)
        made.append(database)
        return database

    try:
        yield make
    finally:
        for database in made:
            if database.server is not None and request.scope != "session":
                database.server.drop_database(database.name)
            shutil.rmtree(database.directory, ignore_errors=True)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    value: Engine = request.param
    return value


@pytest.fixture
def database(engine: Engine, make_database: MakeDatabase) -> Database:
    """An empty database of each engine in turn."""
    return make_database(engine)


@pytest.fixture(scope="session")
def demos(make_session_database: MakeDatabase) -> dict[Engine, DemoRun]:
    """The demo on both engines at once, in databases that nobody else uses."""
    databases = [make_session_database(engine) for engine in ENGINES]
    with ThreadPoolExecutor(len(databases)) as threads:
        return dict(zip(ENGINES, threads.map(run_demo, databases), strict=True))


@pytest.fixture(scope="session")
def duckdb_demo(demos: dict[Engine, DemoRun]) -> DemoRun:
    """The demo on a DuckDB file."""
    return demos["duckdb"]


@pytest.fixture(scope="session")
def postgres_demo(demos: dict[Engine, DemoRun]) -> DemoRun:
    """The demo in a PostgreSQL database."""
    return demos["postgres"]


@pytest.fixture
def demo(engine: Engine, demos: dict[Engine, DemoRun]) -> DemoRun:
    """The demo on each engine in turn."""
    return demos[engine]
