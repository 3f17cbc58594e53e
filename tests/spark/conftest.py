"""The example events on DuckDB and, through a lake, on Spark: built once for all tests here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import MakeDatabase
from tests.metrics.views import PublicViews
from tests.spark.sessions import SparkDatabase, new_spark_database, session, write_lake
from tests.support.databases import Database
from tests.support.run import BUILD_UNTESTED, DbtResult, run_dbt, run_loader

EVENTS = "examples/cofacts/events.parquet"


@pytest.fixture(scope="session")
def reference(make_session_database: MakeDatabase) -> Database:
    """The example events, loaded and built on DuckDB."""
    database = make_session_database("duckdb")
    run_loader("init", database=database, check=True)
    run_loader("append", EVENTS, database=database, check=True)
    run_dbt(*BUILD_UNTESTED, database=database)
    return database


@pytest.fixture(scope="session")
def reference_views(reference: Database) -> Iterator[PublicViews]:
    """What DuckDB says."""
    with PublicViews(reference) as views:
        yield views


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkDatabase]:
    """A warehouse with nothing in it, and the session of this process, which has two threads."""
    database = new_spark_database(tmp_path_factory.mktemp("spark"))
    started = session(database)
    yield database
    started.stop()


@pytest.fixture(scope="session")
def spark(warehouse: SparkDatabase, reference: Database) -> SparkDatabase:
    """The same, over a lake of the example events."""
    write_lake(reference, warehouse.lake)
    return warehouse


@pytest.fixture(scope="session")
def built(spark: SparkDatabase) -> DbtResult:
    """All models, and all tests of theirs, on Spark."""
    # what the passes of funnels cost that no unit test has
    return run_dbt("build", database=spark, variables={"max_funnel_steps": 4}, check=False)
