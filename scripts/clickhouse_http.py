"""ClickHouse's HTTP interface before the embedded engine chdb: `python -m scripts.clickhouse_http`.

SQL, types, storage and functions are the engine's own. Of the interface it has what
clickhouse-connect and dbt-clickhouse ask for: sessions, settings and parameters in the address,
inserts with rows in the body, tables sent along with a query, answers in every format, errors with
their code. It has no TLS, no progress headers, one user at most, and listens on 127.0.0.1 only.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import os
import re
import signal
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import lz4.frame
import zstandard

from scripts.clickhouse import LISTENING
from scripts.clickhouse_engine import Engine, EngineError, Request

_AUTHENTICATION_FAILED = 516
_CANNOT_DECOMPRESS = 271
_UNKNOWN_ERROR = 1000
_DISPOSITION = re.compile(rb"(?i)content-disposition:\s*([^\r\n]*)")
_CODE = re.compile(r"Code: (\d+)")


@dataclass(frozen=True)
class Credentials:
    """The only user who may ask; an empty password lets in whoever names that user."""

    user: str
    password: str


class LostError(Exception):
    """The client went away in the midst of its request."""


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    # Else each answer waits until the client confirms its head, which it does 40 ms later.
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        """Print nothing of each request."""

    def do_GET(self) -> None:
        """Answer a query."""
        url = urlsplit(self.path)
        if url.path in ("/ping", "/replicas_status"):
            self._answer(200, b"Ok.\n", {})
            return
        try:
            body = self._body()
        except (LostError, OSError):
            # As a server does: what did not come whole is not carried out.
            self.close_connection = True
            return
        except (RuntimeError, zstandard.ZstdError) as error:
            message = f"Code: {_CANNOT_DECOMPRESS}. DB::Exception: {error}"
            self._refuse(400, _CANNOT_DECOMPRESS, message, {})
            return
        parameters = self._parameters(url.query)
        files: dict[str, bytes] = {}
        if self.headers.get_content_type() == "multipart/form-data":
            fields, files = _form(body, self.headers.get_boundary() or "")
            parameters |= fields
            body = b""
        query_id = parameters.get("query_id") or str(uuid.uuid4())
        headers = {"X-ClickHouse-Query-Id": query_id}
        if not self._knows(parameters):
            self._refuse(
                403,
                _AUTHENTICATION_FAILED,
                f"Code: {_AUTHENTICATION_FAILED}. DB::Exception: {self._given(parameters)[0]}: "
                "Authentication failed: password is incorrect, or there is no user with such "
                "name. (AUTHENTICATION_FAILED)",
                headers,
            )
            return
        started = time.perf_counter()
        try:
            answer = self.server.engine.run(Request.of(parameters, body, files))
        except EngineError as error:
            message = str(error)
            code = _CODE.search(message)
            self._refuse(500, int(code[1]) if code else _UNKNOWN_ERROR, message, headers)
            return
        elapsed = int((time.perf_counter() - started) * 1e9)
        summary = {
            "read_rows": str(answer.rows_read),
            "read_bytes": str(answer.bytes_read),
            "written_rows": "0",
            "result_rows": str(answer.rows),
            "elapsed_ns": str(elapsed),
        }
        headers |= {
            "Content-Type": "text/plain; charset=UTF-8",
            "X-ClickHouse-Format": answer.format,
            "X-ClickHouse-Summary": json.dumps(summary),
            "X-ClickHouse-Timezone": self.server.engine.time_zone,
        }
        self._answer(200, answer.body, headers)

    do_POST = do_GET  # noqa: N815 - the base class asks for this name

    def _refuse(self, status: int, code: int, message: str, headers: dict[str, str]) -> None:
        headers = headers | {"X-ClickHouse-Exception-Code": str(code)}
        self._answer(status, message.encode(), headers)

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("X-ClickHouse-Server-Display-Name", "chdb")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _parameters(self, query: str) -> dict[str, str]:
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        for header, name in (
            ("X-ClickHouse-Format", "default_format"),
            ("X-ClickHouse-Database", "database"),
        ):
            if self.headers.get(header):
                parameters.setdefault(name, self.headers[header])
        return parameters

    def _knows(self, parameters: dict[str, str]) -> bool:
        allowed = self.server.credentials
        return allowed is None or self._given(parameters) == (allowed.user, allowed.password)

    def _given(self, parameters: dict[str, str]) -> tuple[str, str]:
        scheme, _, basic = self.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            user, _, password = base64.b64decode(basic).decode().partition(":")
            return user, password
        user = self.headers.get("X-ClickHouse-User") or parameters.get("user") or "default"
        return user, self.headers.get("X-ClickHouse-Key") or parameters.get("password") or ""

    def _body(self) -> bytes:
        body = b"".join(self._chunks())
        encoding = self.headers.get("Content-Encoding")
        if encoding == "gzip":
            return gzip.decompress(body)
        if encoding == "lz4":
            return bytes(lz4.frame.decompress(body))
        if encoding == "zstd":
            return zstandard.ZstdDecompressor().decompressobj().decompress(body)
        return body

    def _chunks(self) -> Iterator[bytes]:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            yield self._exactly(int(self.headers.get("Content-Length") or 0))
            return
        while size := self._chunk_size():
            yield self._exactly(size)
            self.rfile.readline()
        self.rfile.readline()

    def _chunk_size(self) -> int:
        line = self.rfile.readline()
        if not line.endswith(b"\n"):
            raise LostError
        return int(line.split(b";")[0], 16)

    def _exactly(self, size: int) -> bytes:
        found = self.rfile.read(size)
        if len(found) < size:
            raise LostError
        return found


def _form(body: bytes, boundary: str) -> tuple[dict[str, str], dict[str, bytes]]:
    """The fields of a form, and the files in it, which are tables for its query."""
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        disposition = Message()
        disposition["Content-Disposition"] = _DISPOSITION.findall(head)[0].decode()
        name = str(disposition.get_param("name", header="Content-Disposition"))
        if disposition.get_filename() is None:
            fields[name] = content.decode()
        else:
            files[name] = content
    return fields, files


class Server(ThreadingHTTPServer):
    """Answers each connection in a thread of its own."""

    daemon_threads = True
    # As many as a crowd of writers may open at once.
    request_queue_size = 128

    def __init__(self, port: int, engine: Engine, credentials: Credentials | None) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.engine = engine
        self.credentials = credentials


def main() -> None:
    """Serve until told to stop, or until whoever started this is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, help="where the tables are; made when missing")
    parser.add_argument("--port", type=int, default=0, help="0 (the default): any that is free")
    parser.add_argument("--user", default="default")
    parser.add_argument(
        "--guarded", action="store_true", help="ask for the password in CLICKHOUSE_PASSWORD"
    )
    options = parser.parse_args()
    password = os.environ.get("CLICKHOUSE_PASSWORD", "")
    credentials = Credentials(options.user, password) if options.guarded else None
    server = Server(options.port, Engine(options.directory), credentials)
    print(f"{LISTENING}{server.server_address[1]}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: _stop(server))
    threading.Thread(target=_stop_when_left_alone, args=[server], daemon=True).start()
    server.serve_forever()
    server.engine.close()


def _stop_when_left_alone(server: Server) -> None:
    """The other end of standard input closes with the process that has it, whatever ends that."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    server.shutdown()


def _stop(server: Server) -> None:
    threading.Thread(target=server.shutdown, daemon=True).start()


if __name__ == "__main__":
    main()
