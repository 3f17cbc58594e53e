"""Files in a bucket of an S3-compatible server: named, by globs and as folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loader.errors import LoaderError, UsageError
from tests.loader.raw_tables import event
from tests.loader.reading import read
from tests.loader.test_columnar import COLUMNS, write_parquet
from tests.loader.test_containers import tarred, zipped


@pytest.fixture(scope="module")
def bucket(s3_server: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a bucket with files in it."""
    fill(s3_server, tmp_path_factory.mktemp("files"))
    return "s3://events"


def fill(system: Any, directory: Path) -> None:
    """Put the files into a new bucket."""
    system.mkdir("events")
    files = {
        "day/1.jsonl": f"{event('a')}\n".encode(),
        "day/2.jsonl": f"{event('b')}\n".encode(),
        "day/notes.txt": b"x",
        "day/_SUCCESS": b"",
        "x.zip": zipped({"z.jsonl": event("z").encode()}),
        "x.tar.gz": tarred({"t.jsonl": event("t").encode()}, "gz"),
        "large.jsonl": b"".join(f"{event(n)}\n".encode() for n in range(200_000)),
        "p.parquet": write_parquet(
            directory / "p.parquet", f"select {COLUMNS}, 'p' as user_id"
        ).read_bytes(),
    }
    for name, content in files.items():
        system.pipe_file(f"events/{name}", content)


def test_files_and_archives(bucket: str) -> None:
    names = ["day/1.jsonl", "p.parquet", "x.zip", "x.tar.gz"]
    found = read(*[f"{bucket}/{name}" for name in names])
    assert found.errors == []
    assert found.users == ["a", "p", "z", "t"]
    assert found.sources[0] == f"{bucket}/day/1.jsonl"


def test_globs_and_folders(bucket: str) -> None:
    assert read(f"{bucket}/day/*.jsonl").users == ["a", "b"]
    folder = read(f"{bucket}/day/")
    assert folder.users == ["a", "b"]
    assert folder.notes == [f"left out of {bucket}/day/: _SUCCESS, notes.txt"]


def test_a_file_of_several_reads(bucket: str) -> None:
    assert read(f"{bucket}/large.jsonl", block_bytes=1 << 20).users == list(range(200_000))


def test_what_is_not_there(bucket: str) -> None:
    with pytest.raises(LoaderError, match=f"Cannot read {bucket}/none.jsonl"):
        read(f"{bucket}/none.jsonl")
    with pytest.raises(UsageError, match="No file matches"):
        read(f"{bucket}/none/*.jsonl")
