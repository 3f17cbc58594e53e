"""Servers that run as processes of their own, and how they are asked."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.databases import Database
from tests.support.run import start_loader

KEY = "key-of-the-tests"
PATIENCE = 60.0


class Server:
    """A running `query serve`.

    Attributes:
        process: The process.
        url: Where it listens.
        log: The lines it has written so far, parsed.
    """

    def __init__(self, process: subprocess.Popen[bytes], database: Database) -> None:
        self.process = process
        self.database = database
        self.log: list[dict[str, Any]] = []
        self.raw_log = b""
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        wait_until(lambda: bool(self.lines("listening")) or process.poll() is not None, "a start")
        listening = self.lines("listening")
        assert listening, f"the server ended: {self.raw_log.decode()}"
        self.url = f"http://127.0.0.1:{listening[0]['port']}"
        self.client = httpx.Client(
            base_url=self.url, timeout=PATIENCE, headers={"Authorization": f"Bearer {KEY}"}
        )
        wait_until(self._is_ready, "the server's readiness")

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, f"the server ended: {self.raw_log.decode()}"
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.raw_log += line
            if line.startswith(b"{"):
                self.log.append(json.loads(line))

    def lines(self, message: str) -> list[dict[str, Any]]:
        """The lines of the log with this message."""
        return [line for line in self.log if line["message"] == message]

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        """GET a path, with these parameters."""
        return self.client.get(path, params=parameters or None)

    def report(self, view: str, **parameters: Any) -> dict[str, Any]:
        """The answer of a view in JSON, which has to be a success."""
        answer = self.get(f"/v1/reports/{view}", **parameters)
        assert answer.status_code == 200, f"{view} {parameters}: {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    def rows(self, view: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of one page."""
        return [tuple(row.values()) for row in self.report(view, **parameters)["rows"]]

    def pages(self, view: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """The answers of all pages."""
        answer = self.report(view, **parameters)
        yield answer
        while answer["next_cursor"] is not None:
            answer = self.report(view, **parameters, cursor=answer["next_cursor"])
            yield answer

    def metric(self, name: str, **labels: str) -> float:
        """The value of a metric; 0 where it is not there."""
        wanted = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
        head = f"{name}{{{wanted}}} " if labels else f"{name} "
        for line in self.client.get("/metrics").text.splitlines():
            if line.startswith(head):
                return float(line.removeprefix(head))
        return 0.0

    def stop(self) -> int:
        """End it as an operator would; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE:.0f} s"
        time.sleep(0.05)


@contextmanager
def running(
    database: Database,
    manifest: Path,
    *options: str,
    keys: tuple[str, ...] = (KEY,),
    env: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Run a server on a free port; it is gone when the block ends."""
    given = [part for key in keys for part in ("--key", key)]
    process = start_loader(
        *("serve", "--port", "0", "--manifest", str(manifest), *given, *options),
        database=database,
        env=env,
        program="query",
    )
    server: Server | None = None
    try:
        server = Server(process, database)
        yield server
    finally:
        if server is not None:
            server.client.close()
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def bearer(token: str) -> dict[str, str]:
    """The Authorization header."""
    return {"Authorization": f"Bearer {token}"}
