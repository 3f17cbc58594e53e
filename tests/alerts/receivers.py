"""Receivers that run here: what they got, and what they shall answer."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from standardwebhooks.webhooks import Webhook

from tests.support.servers import PATIENCE, wait_until


@dataclass(frozen=True)
class Got:
    """One request, however it was answered."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def message_id(self) -> str:
        """The id by which a receiver drops what it has already."""
        return self.headers["webhook-id"]

    @property
    def content(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What to answer."""

    status: int = 204
    headers: Mapping[str, str] | None = None


class Hook:
    """An HTTP server that answers as `answers` says, which gets each request.

    Attributes:
        got: All requests in the order in which they came.
        accepted: Those that were answered with success.
    """

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.accepted: list[Got] = []
        self.answers: Callable[[Got], Answer] = lambda _: Answer()
        self._lock = threading.Lock()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:  # of somebody who was killed meanwhile
                    self.close_connection = True
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                found = Got(self.path, headers, body)
                with hook._lock:
                    hook.got.append(found)
                answer = hook.answers(found)
                with hook._lock:
                    if answer.status < 300:
                        hook.accepted.append(found)
                self.send_response(answer.status)
                for name, value in (answer.headers or {}).items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()

            def handle(self) -> None:
                # nor is there anybody to answer, then
                with suppress(ConnectionError):
                    super().handle()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def contents(self) -> list[Any]:
        """What was accepted."""
        return [got.content for got in self.accepted]

    def times(self) -> Counter[str]:
        """How often each message was accepted, by its id."""
        return Counter(got.message_id for got in self.accepted)

    def verify(self, secret: str) -> None:
        """Fail unless all of them are signed with the secret, as the library has it."""
        for got in self.got:
            Webhook(secret).verify(got.body, dict(got.headers))

    def close(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(PATIENCE)


@contextmanager
def hooks() -> Iterator[Hook]:
    """A receiver for the time of the block."""
    hook = Hook()
    try:
        yield hook
    finally:
        hook.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


class Alertmanager:
    """A real Alertmanager that tells a hook of what it gets."""

    def __init__(self, url: str) -> None:
        self.url = url

    def alerts(self) -> list[dict[str, Any]]:
        """What fires there now."""
        found: list[dict[str, Any]] = httpx.get(f"{self.url}/api/v2/alerts").json()
        return found


@contextmanager
def alertmanager(program: str, directory: Path, hook: Hook) -> Iterator[Alertmanager]:
    """Run Alertmanager, which posts to a hook, for the time of the block."""
    port = free_port()
    (directory / "am.yml").write_text(
        "route: {receiver: hook, group_by: ['...'], group_wait: 100ms, group_interval: 1s}\n"
        f"receivers: [{{name: hook, webhook_configs: [{{url: '{hook.url}/'}}]}}]\n"
    )
    process = subprocess.Popen(
        [
            program,
            f"--config.file={directory / 'am.yml'}",
            f"--storage.path={directory / 'am'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    found = Alertmanager(f"http://127.0.0.1:{port}")

    def is_ready() -> bool:
        try:
            return httpx.get(f"{found.url}/-/ready").status_code == 200
        except httpx.TransportError:
            return False

    try:
        wait_until(is_ready, "Alertmanager's start")
        yield found
    finally:
        process.terminate()
        process.wait(PATIENCE)
