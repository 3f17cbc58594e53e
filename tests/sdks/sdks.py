"""The SDKs, how each is started, and where they are installed."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

import pytest

from tests.collector.running import KEY
from tests.support.databases import REPOSITORY

INSTALLED = REPOSITORY / ".cache" / "sdks"
DRIVERS = Path(__file__).parent / "drivers"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

Family = Literal["segment", "posthog"]


@dataclass(frozen=True)
class Sdk:
    """A client: its package, the file that uses it, and the protocol that it speaks."""

    package: str
    driver: str
    family: Family

    @property
    def in_browser(self) -> bool:
        """Whether it runs in a page."""
        return self.driver.endswith(".html")


SDKS = (
    Sdk("segment-analytics-python", "segment_python.py", "segment"),
    Sdk("@segment/analytics-node", "segment_node.cjs", "segment"),
    Sdk("@segment/analytics-next", "segment_browser.html", "segment"),
    Sdk("rudder-sdk-python", "rudder_python.py", "segment"),
    Sdk("@rudderstack/rudder-sdk-node", "rudder_node.cjs", "segment"),
    Sdk("posthog", "posthog_python.py", "posthog"),
    Sdk("posthog-node", "posthog_node.cjs", "posthog"),
    Sdk("posthog-js", "posthog_browser.html", "posthog"),
)


@contextmanager
def using(sdk: Sdk, url: str, directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the driver of an SDK against a collector; it is gone when the block ends."""
    if not (INSTALLED / ".installed").exists():
        pytest.fail("The SDKs are not installed: run this with `make test-sdks`.")
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "COLLECTOR": url,
        "WRITE_KEY": KEY,
        "NODE_PATH": str(INSTALLED / "node" / "node_modules"),
    }
    if not sdk.in_browser:
        python = str(INSTALLED / "python" / "bin" / "python")
        program = python if sdk.driver.endswith(".py") else "node"
        with _process([program, str(DRIVERS / sdk.driver)], env, directory) as process:
            yield process
        return
    with _pages() as pages:
        query = urlencode({"key": KEY, "collector": url.removeprefix("http://")})
        env |= {"PAGE": f"{pages}/{sdk.driver}?{query}", "CHROMIUM": _chromium()}
        with _process(["node", str(DRIVERS / "browser.cjs")], env, directory) as process:
            yield process


@contextmanager
def _process(
    command: list[str], env: dict[str, str], directory: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with (directory / "driver.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=env, cwd=directory, stdin=subprocess.PIPE, stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdin is not None
            with suppress(BrokenPipeError):
                process.stdin.close()


def _chromium() -> str:
    for name in _BROWSERS:
        found = shutil.which(name)
        if found is not None:
            return found
    pytest.fail("There is no Chromium: install one, on Debian with `apt-get install chromium`.")


class _Pages(SimpleHTTPRequestHandler):
    """The drivers' pages, and beside them what npm installed."""

    def translate_path(self, path: str) -> str:
        """Two folders as one."""
        folder = INSTALLED / "node" if path.startswith("/node_modules/") else DRIVERS
        self.directory = str(folder)
        return super().translate_path(path)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its signature)
        """Say nothing."""


@contextmanager
def _pages() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Pages))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
