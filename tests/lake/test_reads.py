"""How much of a lake is read: what a question is about, and little else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from loader.lake.refresh import refresh
from tests.lake.lakes import Lake, generated, new_lake

ALL = "select count(*), max(event_id), max(event_name), max(user_id), max(properties::varchar)"


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake with a year of events, and its views."""
    directory = tmp_path_factory.mktemp("year")
    lake = new_lake(directory / "of_lake")
    lake.run("init")
    generated(directory / "year.jsonl", 60_000, 1500, days=366)
    lake.append(directory / "year.jsonl")
    with duckdb.connect(str(lake.path)) as connection:
        refresh(connection, lake.manifest, "raw")
    return lake


def read_by(step: Callable[[], object]) -> int:
    """The bytes that a step reads by system calls."""

    def so_far() -> int:
        lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
        return int(dict(line.split(": ") for line in lines)["rchar"])

    before = so_far()
    step()
    return so_far() - before


def query(lake: Lake, text: str) -> int:
    """The bytes that a query reads, on a connection of its own."""
    with duckdb.connect(str(lake.path), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return read_by(lambda: connection.execute(text).fetchall())


def test_a_question_on_the_last_month_of_a_year_reads_one_month(year: Lake) -> None:
    files = year.state.files
    everything = sum(file.size for file in files)
    month = sum(file.size for file in files if file.month == "2024-12")
    footers = 4_000 * len(files)
    assert len(files) == 12
    assert everything > 3 * (month + footers)
    of_month = query(year, f"{ALL} from raw.events where event_time >= '2024-12-01'")
    assert of_month < month + footers
    assert query(year, f"{ALL} from raw.events") > 0.8 * everything


def test_an_append_reads_the_manifest_and_no_event(year: Lake, tmp_path: Path) -> None:
    generated(tmp_path / "more.jsonl", 600, 20, seed=2)
    everything = sum(file.size for file in year.state.files)
    with duckdb.connect():
        year.run("append", "--help")  # what a process loads once
    taken = read_by(lambda: year.append(tmp_path / "more.jsonl"))
    assert taken < 0.3 * everything
