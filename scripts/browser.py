"""Headless Chromium, spoken to in its own protocol over a pipe: only the program is needed."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SECONDS = 60.0


def chromium() -> str:
    """Find the browser.

    Raises:
        click.ClickException: There is none.
    """
    for name in PROGRAMS:
        found = shutil.which(name)
        if found is not None:
            return found
    raise click.ClickException(
        "There is no Chromium: install one, on Debian with `apt-get install chromium`."
    )


class Page:
    """A page, and what it did: `console` and `requests` are filled while it is spoken to."""

    def __init__(self, sending: int, receiving: int) -> None:
        self._sending, self._receiving = sending, receiving
        self._buffer = b""
        self._session: str | None = None
        self._calls = 0
        self._events: list[str] = []
        self.console: list[str] = []
        self.requests: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def open(self, path: Path, width: int, height: int) -> None:
        """Open a file as a window of that size shows it, and wait until it is loaded."""
        self.resize(width, height)
        self._events.clear()
        self.call("Page.navigate", url=path.resolve().as_uri())
        until = time.monotonic() + _SECONDS
        while "Page.loadEventFired" not in self._events:
            self._take(self._receive(until))
        # two frames later everything that was drawn has its size
        self.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def resize(self, width: int, height: int) -> None:
        """Give the window a size in CSS pixels; a narrow one is that of a phone."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, awaited."""
        ended = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in ended:
            raise RuntimeError(f"{expression}: {ended['exceptionDetails']}")
        return ended["result"].get("value")

    def screenshot(self, path: Path, selector: str | None = None) -> None:
        """Write a PNG of the window, or of an element's whole extent."""
        options: dict[str, Any] = {}
        if selector is not None:
            box = self.evaluate(
                f"(() => {{ const r = document.querySelector({json.dumps(selector)})"
                ".getBoundingClientRect(); return [r.x + scrollX, r.y + scrollY, r.width,"
                " r.height]; })()"
            )
            clip = dict(zip(("x", "y", "width", "height"), box, strict=True))
            options = {"clip": clip | {"scale": 1}, "captureBeyondViewport": True}
        taken = self.call("Page.captureScreenshot", format="png", **options)
        path.write_bytes(base64.b64decode(taken["data"]))

    def print_pdf(self, path: Path) -> None:
        """Write what would be printed."""
        printed = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        path.write_bytes(base64.b64decode(printed["data"]))

    def call(self, method: str, **parameters: Any) -> Any:
        """Send a command of the protocol and return its result."""
        self._calls += 1
        message = {"id": self._calls, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._sending, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + _SECONDS
        while True:
            answer = self._receive(until)
            if answer.get("id") == self._calls:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self._take(answer)

    def _take(self, event: dict[str, Any]) -> None:
        method, parameters = event.get("method", ""), event.get("params", {})
        self._events.append(method)
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.console.append(json.dumps(parameters["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled":
            said = [str(part.get("value", part)) for part in parameters["args"]]
            self.console.append(f"{parameters['type']}: {' '.join(said)}")
        elif method == "Log.entryAdded":
            entry = parameters["entry"]
            place = entry.get("url", "")
            self.console.append(f"{entry['level']}: {entry['text']} {place}".rstrip())

    def _receive(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._receiving], [], [], until - time.monotonic())
            part = os.read(self._receiving, 1 << 20) if ready else b""
            if not part:
                raise RuntimeError("Chromium ended or did not answer in time")
            self._buffer += part
        message, _, self._buffer = self._buffer.partition(b"\0")
        parsed: dict[str, Any] = json.loads(message)
        return parsed


@contextmanager
def browser_page(directory: Path) -> Iterator[Page]:
    """Run Chromium with its profile in a directory; it is gone when the block ends."""
    to_browser, sending = os.pipe()
    receiving, from_browser = os.pipe()
    command = [
        chromium(),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--hide-scrollbars",
        "--remote-debugging-pipe",
        f"--user-data-dir={directory}",
    ]
    # Chromium reads from descriptor 3 and writes to 4.
    script = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
    with (directory / "chromium.log").open("wb") as log:
        process = subprocess.Popen(
            ["bash", "-c", script, "bash", *command],
            pass_fds=(to_browser, from_browser),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    os.close(to_browser)
    os.close(from_browser)
    try:
        yield Page(sending, receiving)
    finally:
        os.close(sending)
        os.close(receiving)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
