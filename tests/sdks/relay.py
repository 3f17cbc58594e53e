"""A relay before the collector that answers, or loses answers, as a script says."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

#: ``lose``: pass the request on, and cut the connection in place of the answer.
Step = Literal["503", "429", "lose"]

_STARTING = ("/flags", "/decide", "/array", "/static")
_OWN_HEADERS = ("host", "connection", "transfer-encoding", "content-length")
_PASSED_BACK = ("content-type", "retry-after")


@dataclass
class Relay:
    """What came through: each delivery's path, and the status that the client saw."""

    url: str
    seen: list[tuple[str, str]] = field(default_factory=list)

    @property
    def delivered(self) -> int:
        """Deliveries that were answered with 200."""
        return sum(status == "200" for _, status in self.seen)


class _Server(ThreadingHTTPServer):
    """Knows the collector's port and what is left of the script."""

    daemon_threads = True

    def __init__(self, port: int, script: tuple[Step, ...]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.port = port
        self.relay = Relay(f"http://127.0.0.1:{self.server_address[1]}")
        self._steps = list(script)
        self._lock = threading.Lock()

    def next_step(self) -> Step | None:
        """What to do with a delivery; None: pass it on and back."""
        with self._lock:
            return self._steps.pop(0) if self._steps else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Relay."""
        self._relay()

    def do_GET(self) -> None:
        """Relay."""
        self._relay()

    def do_OPTIONS(self) -> None:
        """Relay."""
        self._relay()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its signature)
        """Say nothing."""

    def _relay(self) -> None:
        assert isinstance(self.server, _Server)
        seen = self.server.relay.seen
        body = self._body()
        delivers = self.command != "OPTIONS" and not self.path.startswith(_STARTING)
        step = self.server.next_step() if delivers else None
        if step in ("503", "429"):
            seen.append((self.path, step))
            self._answer(int(step), {"Retry-After": "1"}, b'{"code":"scripted"}')
            return
        status, headers, content = self._passed_on(self.server.port, body)
        if step == "lose":
            seen.append((self.path, "lost"))
            self.close_connection = True
            return
        if delivers:
            seen.append((self.path, str(status)))
        self._answer(status, headers, content)

    def _passed_on(self, port: int, body: bytes) -> tuple[int, dict[str, str], bytes]:
        headers = {
            name: value for name, value in self.headers.items() if name.lower() not in _OWN_HEADERS
        }
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request(self.command, self.path, body, headers)
            found = connection.getresponse()
            content = found.read()
        finally:
            connection.close()
        back = {
            name: value
            for name, value in found.getheaders()
            if name.lower() in _PASSED_BACK or name.lower().startswith("access-control-")
        }
        return found.status, back, content

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            pieces = []
            while size := int(self.rfile.readline(), 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        # A page may read the scripted answers like the collector's own.
        headers = {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": "Retry-After",
            **{name.title(): value for name, value in headers.items()},
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def relaying(port: int, script: tuple[Step, ...]) -> Iterator[Relay]:
    """Relay to a collector on a port of this machine; the script is for the first deliveries."""
    server = _Server(port, script)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.relay
    finally:
        server.shutdown()
        server.server_close()
