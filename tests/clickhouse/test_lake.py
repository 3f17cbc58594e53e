"""With EVENTS_LAKE_PATH ClickHouse reads the files of a lake, as DuckDB and Spark do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.clickhouse.conftest import NAMED_SERVER
from tests.clickhouse.databases import ClickHouseDatabase
from tests.clickhouse.readers import Reader, new_reader
from tests.engines.rows import Rows, compare, contracts
from tests.lake.lakes import Lake, batches, generated, new_lake
from tests.loader.raw_tables import RawTables
from tests.reference import VIEWS
from tests.support.databases import REPOSITORY
from tests.support.run import BUILD_UNTESTED, run_dbt

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(NAMED_SERVER is not None, reason="a server elsewhere reads no folder here"),
]

COMPARED = ("daily_active_users", "event_catalog", "sessions")
CHOSEN = (*BUILD_UNTESTED, "--select", *(f"+{view}" for view in COMPARED))


@pytest.fixture(scope="module")
def batches_of_events(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files that overlap and contradict one another."""
    directory = tmp_path_factory.mktemp("batches")
    return batches(directory, generated(directory / "all.jsonl", 2000, 50), 4)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, batches_of_events: list[Path]) -> Lake:
    """A lake of deliveries that were merged, whose old files still lie there, and of a new one."""
    made = new_lake(tmp_path_factory.mktemp("lake"))
    made.run("init")
    made.append(*batches_of_events[:3])
    made.run("compact")
    made.append(batches_of_events[3])
    assert len(made.files()) > len(made.state.files)
    return made


@pytest.fixture(scope="module")
def built(clickhouse_database_of_session: ClickHouseDatabase, lake: Lake) -> Iterator[Reader]:
    """Some views, made of the lake."""
    with new_reader(clickhouse_database_of_session) as made:
        made.dbt(lake.address, *CHOSEN)
        yield made


def test_views_have_the_rows_that_duckdb_gives_of_the_same_files(lake: Lake, built: Reader) -> None:
    run_dbt(*CHOSEN, database=lake)
    assert built.stored() == lake.stored("event_id, user_id")
    assert len(built.stored()) > len({event_id for event_id, _ in built.stored()})
    promised = contracts(REPOSITORY / "models")
    for view in COMPARED:
        columns = list(promised[view])
        select = f"select {', '.join(columns)} from"
        expected, found = (
            Rows.of(promised[view], columns, rows)
            for rows in (
                lake.query(f"{select} analytics.{view}"),
                built.database.query(f"{select} {built.views}.{view}"),
            )
        )
        comparison = compare(expected, found, VIEWS[view].grain)
        assert (comparison.differing, comparison.compared > 0) == (0, True), view


def test_a_run_that_leaves_views_out_says_which_have_rows_of_an_earlier_build(
    lake: Lake, built: Reader
) -> None:
    said = "2 public views, such as daily_active_users, have their rows of an earlier build"
    assert said in built.dbt(lake.address, "run", "--select", "fct_events").output
    views = built.dbt(lake.address, "run", "--select", "daily_active_users").output
    assert "earlier build" not in views


def test_the_next_command_reads_what_was_appended_meanwhile(
    batches_of_events: list[Path], reader: Reader, tmp_path: Path
) -> None:
    lake = new_lake(tmp_path)
    lake.run("init")
    run = ["run", "--select", "stg_events"]
    reader.dbt(lake.address, *run)
    assert reader.stored() == []
    lake.append(batches_of_events[0])
    assert reader.stored() == []
    reader.dbt(lake.address, *run)
    assert reader.stored() == lake.stored("event_id, user_id") != []


def test_a_lake_that_is_not_there_stops_the_build(reader: Reader, tmp_path: Path) -> None:
    stopped = reader.dbt(str(tmp_path / "none"), "run", "--select", "stg_events", check=False)
    assert not stopped.success
    assert f"ClickHouse finds no lake in {tmp_path / 'none'}" in stopped.output


def test_events_of_the_loader_are_not_hidden_by_a_lake(
    raw: RawTables, lake: Lake, reader: Reader
) -> None:
    run = ("run", "--select", "stg_events")
    stopped = replace(reader, raw=raw.schema).dbt(lake.address, *run, check=False)
    assert not stopped.success
    assert f"The database {raw.schema} has events of its own" in stopped.output
