"""Compacting a lake: fewer files with the same rows, and nobody who reads is disturbed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from loader import compaction
from loader.lake.manifest import DataFile
from loader.targets import load_target
from tests.lake.lakes import Lake, batches, generated
from tests.support.run import start_loader

EVENT = "event_id, event_name, event_time, user_id, properties::varchar, ingested_at"


def first_rows(lake: Lake) -> list[tuple[object, ...]]:
    """The first row of each id."""
    names = [str(Path(lake.address) / file.name) for file in lake.state.files]
    return duckdb.execute(
        f"select {EVENT} from read_parquet(?) "
        "qualify row_number() over (partition by event_id order by ingested_at) = 1 order by all",
        [names],
    ).fetchall()


def test_small_files_of_a_month_become_one_with_the_same_events(lake: Lake, tmp_path: Path) -> None:
    lake.append(*batches(tmp_path, generated(tmp_path / "all.jsonl", 3000, 60), 5))
    before = first_rows(lake)
    done = lake.run("compact", "--json").json()
    months = {file.month for file in lake.state.files}
    assert len(lake.state.files) == len(months) < done["merged"]
    assert done["repeats"] > 0
    assert first_rows(lake) == before
    again = lake.run("compact", "--json").json()
    assert (again["merged"], again["removed"]) == (0, 0)


def test_old_files_stay_for_the_grace_time_and_go_then(lake: Lake, tmp_path: Path) -> None:
    lake.append(*batches(tmp_path, generated(tmp_path / "all.jsonl", 1000, 30), 3))
    reading = [file.name for file in lake.state.files]
    lake.run("compact")
    assert all((Path(lake.address) / name).exists() for name in reading)
    lake.run("compact", "--grace", "0")
    left = {path.relative_to(lake.address).as_posix() for path in lake.files()}
    assert left == {file.name for file in lake.state.files}


def test_the_manifest_is_summed_up_once_its_objects_are_old(lake: Lake, tmp_path: Path) -> None:
    files = batches(tmp_path, generated(tmp_path / "all.jsonl", 1000, 30), 3)
    lake.append(*files)
    stored, deliveries = lake.stored(), lake.state.deliveries
    lake.run("compact")
    manifest = Path(lake.address) / "_manifest"
    old = (datetime.now(UTC) - timedelta(days=3)).timestamp()
    for path in manifest.rglob("*"):
        os.utime(path, (old, old))
    lake.run("compact", "--grace", "0")
    assert list(manifest.rglob("deliveries/*")) == []
    assert list(manifest.rglob("times/*")) == []
    lake.run("compact", "--grace", "0")
    assert len(lake.stored()) <= len(stored)
    assert {found.delivery_id for found in lake.state.deliveries} == {
        found.delivery_id for found in deliveries
    }
    # what was delivered is known as ever
    assert lake.append(*files)["appended"] == 0


def test_files_that_another_compaction_has_removed_are_left_to_it(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.append(*batches(tmp_path, generated(tmp_path / "all.jsonl", 1000, 30), 3))
    before = first_rows(lake)
    groups = compaction._groups

    def overtaken(files: Sequence[DataFile], file_bytes: int) -> Iterator[list[DataFile]]:
        found = list(groups(files, file_bytes))
        with monkeypatch.context() as other:
            other.setattr(compaction, "_groups", groups)
            lake.run("compact", "--grace", "0")
        yield from found

    monkeypatch.setattr(compaction, "_groups", overtaken)
    for name, value in lake.env().items():
        monkeypatch.setenv(name, value)
    done = compaction.compact(load_target(None, lake.directory, "raw"))
    assert (done.merged, done.written, done.rows, done.repeats) == (0, 0, 0, 0)
    assert first_rows(lake) == before
    assert len(lake.files()) == len(lake.state.files)


def test_appends_and_compactions_at_once_lose_nothing(lake: Lake, tmp_path: Path) -> None:
    lines = generated(tmp_path / "all.jsonl", 2000, 40)
    files = batches(tmp_path, lines, 6)
    lake.append(*files[:2])
    processes = [
        start_loader("append", *files[2:], database=lake),
        start_loader("compact", "--grace", "0", database=lake),
        start_loader("compact", database=lake),
    ]
    for process in processes:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert {row[0] for row in lake.stored()} == {line.split('"')[3] for line in lines}
    names = {path.relative_to(lake.address).as_posix() for path in lake.files()}
    assert {file.name for file in lake.state.files} <= names
