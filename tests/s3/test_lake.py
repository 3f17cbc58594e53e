"""A lake in a bucket of an S3-compatible server: conditional puts are the server's."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

from loader.lake.storage import open_storage
from tests.lake.lakes import Lake, batches, generated, new_lake
from tests.support.run import run_dbt, start_loader


@pytest.fixture
def lake(s3_server: Any, tmp_path: Path) -> Lake:  # noqa: ARG001 (it has to run)
    """An empty lake."""
    made = new_lake(tmp_path / "of_lake", f"s3://lakes/{uuid.uuid4().hex[:8]}")
    made.run("init")
    return made


def stored(lake: Lake) -> int:
    """How many rows the files of the lake have."""
    return sum(file.rows for file in lake.state.files)


def test_of_two_puts_under_a_condition_one_succeeds(lake: Lake) -> None:
    storage = open_storage(lake.address)
    assert storage.create("some/name", b"first")
    assert not storage.create("some/name", b"second")
    assert storage.read("some/name") == b"first"
    assert storage.names("some") == ["some/name"]
    storage.remove("some/name")
    assert storage.read("some/name") is None
    assert storage.names("some") == []


def test_a_lake_is_appended_to_by_several_built_compacted_and_erased_from(
    lake: Lake, tmp_path: Path
) -> None:
    lines = generated(tmp_path / "all.jsonl", 2000, 40)
    files = batches(tmp_path, lines, 3)
    writers = [start_loader("append", *order, database=lake) for order in (files, files[::-1])]
    for writer in writers:
        _, err = writer.communicate(timeout=180)
        assert writer.returncode == 0, err
    contents = {found.digest: found.appended for found in lake.state.deliveries if found.digest}
    assert len(contents) == len(files)
    assert sum(contents.values()) == stored(lake)
    ids = len({line.split('"')[3] for line in lines})
    select = ("--select", "stg_events")
    run_dbt("run", *select, database=lake)
    query = "select count(*) from {{ ref('stg_events') }}"
    counted = run_dbt("show", "--inline", query, database=lake)
    assert counted.result.results[0].agate_table.rows[0][0] == ids
    lake.run("compact")
    lake.run("erase", "--user", "user-3")
    lake.run("compact", "--grace", "0")
    names = set(open_storage(lake.address).names("events"))
    assert names == {file.name for file in lake.state.files}
    assert stored(lake) < ids + len(lines) // 97 + len(files)
