"""An S3-compatible server for as long as the tests run."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import fsspec
import pytest

from tests.support.databases import REPOSITORY

WEED = os.environ.get("WEED") or shutil.which(
    "weed", path=os.pathsep.join((str(REPOSITORY / ".cache/s3/bin"), os.environ["PATH"]))
)
KEYS = {"AWS_ACCESS_KEY_ID": "some", "AWS_SECRET_ACCESS_KEY": "thing", "AWS_REGION": "us-east-1"}


def free_port() -> int:
    """A port whose number plus 10,000, which the server takes for itself, is one, too."""
    while True:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = int(found.getsockname()[1])
        if port < 55_000:
            return port


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The client of a SeaweedFS, which the environment names meanwhile."""
    assert WEED is not None, "there is no SeaweedFS; make test-s3 installs one"
    ports = {kind: free_port() for kind in ("master", "volume", "filer", "s3")}
    command = [WEED, "server", "-ip=127.0.0.1", "-filer", "-s3", "-volume.max=30"]
    command += ["-master.volumeSizeLimitMB=64", f"-dir={tmp_path_factory.mktemp('s3')}"]
    command += [f"-{kind}.port={port}" for kind, port in ports.items()]
    env = {**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports['s3']}"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        quiet = subprocess.DEVNULL
        with subprocess.Popen(
            command, stdout=quiet, stderr=quiet, env={**os.environ, **KEYS}
        ) as server:
            try:
                yield _client()
            finally:
                server.kill()  # what it holds is thrown away
    fsspec.get_filesystem_class("s3").clear_instance_cache()


def _client() -> Any:
    """The client, once the server is there."""
    deadline = time.monotonic() + 180
    while True:
        try:
            fsspec.get_filesystem_class("s3").clear_instance_cache()
            system = fsspec.filesystem("s3")
            system.mkdir("lakes")
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return system
