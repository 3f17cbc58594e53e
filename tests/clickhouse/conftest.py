"""Fixtures for tests on ClickHouse: the server that CLICKHOUSE_HOST names, or the engine alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from scripts.clickhouse import ClickHouseServer, embedded_server, server_from_environment
from tests.clickhouse.databases import ClickHouseDatabase, clickhouse_database
from tests.clickhouse.readers import Reader, new_reader
from tests.conftest import MakeDatabase
from tests.loader.raw_tables import RawTables, new_raw_tables

# Read before any test can change the environment.
NAMED_SERVER = server_from_environment(os.environ)


@pytest.fixture(scope="session")
def clickhouse_server() -> Iterator[ClickHouseServer]:
    """A server for the time of the session."""
    if NAMED_SERVER is not None:
        yield NAMED_SERVER
        return
    with (
        TemporaryDirectory(prefix="event-analytics-tests-") as directory,
        embedded_server(Path(directory) / "data") as server,
    ):
        yield server


@pytest.fixture(scope="session")
def clickhouse_database_of_session(
    clickhouse_server: ClickHouseServer, tmp_path_factory: pytest.TempPathFactory
) -> ClickHouseDatabase:
    """A folder with the settings that lead to it."""
    return clickhouse_database(clickhouse_server, tmp_path_factory.mktemp("clickhouse"))


@pytest.fixture
def raw(clickhouse_database_of_session: ClickHouseDatabase, tmp_path: Path) -> Iterator[RawTables]:
    """Empty raw tables in a schema of their own."""
    made = new_raw_tables(clickhouse_database_of_session, tmp_path)
    yield made
    made.database.query(f"drop database {made.schema}")


@pytest.fixture
def beside(make_database: MakeDatabase, tmp_path: Path) -> RawTables:
    """Raw tables in a DuckDB file that gets the same files."""
    return new_raw_tables(make_database("duckdb"), tmp_path)


@pytest.fixture
def reader(clickhouse_database_of_session: ClickHouseDatabase) -> Iterator[Reader]:
    """Databases that are not there yet, for one test."""
    with new_reader(clickhouse_database_of_session) as made:
        yield made
