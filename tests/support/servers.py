"""Servers that run as processes of their own: what they log, how they are asked and ended."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx

from tests.support.databases import Database

PATIENCE = 30.0


class Server:
    """A running server.

    Attributes:
        process: The process.
        url: Where it listens.
        log: The lines it has written so far, parsed.
        client: Asks it, with these headers.
    """

    #: How long to wait for it, in seconds.
    patience = PATIENCE

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        database: Database,
        *,
        ready_at: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.process = process
        self.database = database
        self.log: list[dict[str, Any]] = []
        self.raw_log = b""
        self._ready_at = ready_at
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        self.port: int = self.wait_for_log("listening")["port"]
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = httpx.Client(base_url=self.url, timeout=self.patience, headers=headers)
        self.wait_until(self._is_ready, "the server's first answer")

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, f"the server ended: {self.raw_log.decode()}"
        try:
            return self.client.get(self._ready_at).status_code == 200
        except httpx.TransportError:
            return False

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.raw_log += line
            if line.startswith(b"{"):
                self.log.append(json.loads(line))

    def wait_for_log(self, message: str, number: int = 1) -> dict[str, Any]:
        """Wait for the n-th line with this message."""
        self.wait_until(
            lambda: len(self.lines(message)) >= number or self.process.poll() is not None, message
        )
        found = self.lines(message)
        assert len(found) >= number, f"the server ended: {self.raw_log.decode()}"
        return found[number - 1]

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something to become true, as long as one waits for this server."""
        wait_until(condition, what, self.patience)

    def lines(self, message: str) -> list[dict[str, Any]]:
        """The lines with this message."""
        return [line for line in self.log if line["message"] == message]

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
        code = self.process.wait(self.patience)
        self._reader.join(self.patience)
        return code


Kind = TypeVar("Kind", bound=Server)


@contextmanager
def served(
    process: subprocess.Popen[bytes], make: Callable[[subprocess.Popen[bytes]], Kind]
) -> Iterator[Kind]:
    """The server of a process; both are gone when the block ends."""
    server: Kind | None = None
    try:
        server = make(process)
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


def wait_until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Wait for something to become true, for so many seconds at most."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {patience:.0f} s"
        time.sleep(0.02)


def bearer(token: str) -> dict[str, str]:
    """The Authorization header of a token."""
    return {"Authorization": f"Bearer {token}"}
