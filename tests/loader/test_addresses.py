"""Addresses are read over the network, by their own names."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from loader.errors import LoaderError
from loader.readers import extras
from tests.loader.raw_tables import RawTables, event
from tests.loader.reading import read
from tests.loader.test_containers import zipped

LINES = f"{event('a')}\n{event('b')}\n".encode()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The address of a server of the files in a folder."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_files_behind_addresses(raw: RawTables, address: str) -> None:
    served = raw.directory / "served"
    (served / "a.jsonl.gz").write_bytes(gzip.compress(LINES))
    (served / "x.zip").write_bytes(zipped({"c.jsonl": event("c").encode()}))
    ran = raw.append(f"{address}/a.jsonl.gz?signature=secret", f"{address}/x.zip", "--json")
    assert raw.users() == ["a", "b", "c"]
    assert [file["source"] for file in ran.json()["files"]] == [
        f"{address}/a.jsonl.gz",
        f"{address}/x.zip:c.jsonl",
    ]
    assert "secret" not in ran.stdout + ran.stderr


def test_what_is_not_there_or_not_reached(address: str) -> None:
    for gone in (f"{address}/none.jsonl?token=secret", "http://127.0.0.1:9/x.jsonl"):
        with pytest.raises(LoaderError, match=r"Cannot read http://127\.0\.0\.1") as raised:
            read(gone)
        assert "secret" not in raised.value.message


@pytest.mark.parametrize("name", ["s3://bucket/x.jsonl", "gs://bucket/", "https://host/x.jsonl"])
def test_missing_libraries_are_named_with_what_installs_them(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(module: str) -> None:
        raise ImportError(module)

    monkeypatch.setattr(extras, "import_module", absent)
    with pytest.raises(LoaderError, match=r"pip install 'dbt-event-analytics\[remote\]'"):
        read(name)
