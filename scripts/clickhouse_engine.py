"""Queries of ClickHouse's HTTP interface, carried out by chdb: ClickHouse within this process."""

from __future__ import annotations

import re
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import chdb

# What says how to answer; any other parameter is a setting of the query.
_TRANSPORT = frozenset(
    {
        "buffer_size",
        "client_protocol_version",
        "compress",
        "database",
        "decompress",
        "default_format",
        "enable_http_compression",
        "http_headers_progress_interval_ms",
        "password",
        "query",
        "query_id",
        "quota_key",
        "role",
        "send_progress_in_http_headers",
        "session_check",
        "session_id",
        "session_timeout",
        "user",
        "wait_end_of_query",
    }
)
_BOUND = "param_"
_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*;?\s*\Z", re.IGNORECASE)
_INSERT = re.compile(
    rb"\A\s*(INSERT\s+INTO\s.*?)\sFORMAT\s+(\w+)[ \t]*\r?\n", re.IGNORECASE | re.DOTALL
)
_INSERT_HEAD = re.compile(r"\A\s*INSERT\s+INTO\s", re.IGNORECASE)
_SELECT = re.compile(r"(\s|/\*.*?\*/|--[^\n]*\n)*(with|select)\b", re.IGNORECASE | re.DOTALL)
_SESSION_SECONDS = 60.0


class EngineError(Exception):
    """What ClickHouse says is wrong, from its code on."""


@dataclass(frozen=True)
class SentTable:
    """A table that comes with a query, for that query only."""

    name: str
    structure: str
    format: str
    rows: bytes


@dataclass(frozen=True)
class Request:
    """One query: its text, the rows that come with it, and what the address says besides."""

    query: str
    rows: bytes
    settings: dict[str, str]
    bound: dict[str, str]
    database: str
    default_format: str
    session_id: str
    session_seconds: float
    tables: list[SentTable]

    @staticmethod
    def of(parameters: dict[str, str], body: bytes, files: dict[str, bytes]) -> Request:
        """Take it apart: the query is in the address or begins the body, rows follow there."""
        parameters = dict(parameters)
        tables = [
            SentTable(
                name,
                parameters.pop(f"{name}_structure"),
                parameters.pop(f"{name}_format", "TabSeparated"),
                rows,
            )
            for name, rows in files.items()
        ]
        query, rows = parameters.get("query", ""), body
        if not query:
            insert = _INSERT.match(body)
            if insert:
                query = f"{insert[1].decode()} FORMAT {insert[2].decode()}"
                rows = body[insert.end() :]
            else:
                query, rows = body.decode(), b""
        elif not _INSERT_HEAD.match(query):
            query, rows = query + body.decode(), b""
        return Request(
            query,
            rows,
            {
                name: value
                for name, value in parameters.items()
                if name not in _TRANSPORT and not name.startswith(_BOUND)
            },
            {
                name.removeprefix(_BOUND): value
                for name, value in parameters.items()
                if name.startswith(_BOUND)
            },
            parameters.get("database", ""),
            parameters.get("default_format", "TabSeparated"),
            parameters.get("session_id", ""),
            float(parameters.get("session_timeout") or _SESSION_SECONDS),
            tables,
        )


@dataclass(frozen=True)
class Answer:
    """What to send: the body in a format, and what was read for it."""

    body: bytes
    format: str
    rows: int
    rows_read: int
    bytes_read: int


@dataclass
class _Session:
    """A connection to the engine with what the last query has set there."""

    connection: Any
    seconds: float
    lock: threading.Lock = field(default_factory=threading.Lock)
    database: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    used: float = field(default_factory=time.monotonic)


class Engine:
    """Tables in a directory, asked by many threads."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path = str(directory)
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()
        # The engine lives for as long as one connection is open.
        self._kept = chdb.connect(self._path)
        self.time_zone = str(self._kept.query("select timezone()", "TSVRaw")).strip()

    def run(self, request: Request) -> Answer:
        """Carry out a query; EngineError says what is wrong with it."""
        session = self._session(request)
        try:
            with session.lock:
                return _Running(session, request).answer()
        except EngineError:
            raise
        except Exception as error:  # chdb has no class of errors of its own
            message = str(error)
            raise EngineError(message[max(message.find("Code: "), 0) :]) from error
        finally:
            session.used = time.monotonic()
            if not request.session_id:
                session.connection.close()

    def close(self) -> None:
        """Close all connections, and the engine with the last."""
        for session in self._sessions.values():
            session.connection.close()
        self._kept.close()

    def _session(self, request: Request) -> _Session:
        if not request.session_id:
            return _Session(chdb.connect(self._path), request.session_seconds)
        with self._lock:
            now = time.monotonic()
            for name, session in list(self._sessions.items()):
                if now - session.used > session.seconds and not session.lock.locked():
                    del self._sessions[name]
                    session.connection.close()
            found = self._sessions.get(request.session_id)
            if found is None:
                found = _Session(chdb.connect(self._path), request.session_seconds)
                self._sessions[request.session_id] = found
            found.used = now
            return found


class _Running:
    """One query in its session."""

    def __init__(self, session: _Session, request: Request) -> None:
        self._session = session
        self._request = request

    def answer(self) -> Answer:
        """Set what the query asks for, and run it."""
        self._prepare()
        try:
            return self._answered()
        finally:
            for table in self._request.tables:
                self._session.connection.query(f"DROP TEMPORARY TABLE IF EXISTS {table.name}")

    def _answered(self) -> Answer:
        for table in self._request.tables:
            self._run(f"CREATE TEMPORARY TABLE {table.name} ({table.structure})", "Null")
            self._insert(f"INSERT INTO {table.name}", table.format, table.rows)
        request = self._request
        trailing = _FORMAT.search(request.query)
        kind = trailing[1] if trailing else request.default_format
        query = request.query[: trailing.start()] if trailing else request.query
        if request.rows:
            self._insert(query, kind, request.rows)
            return Answer(b"", kind, 0, 0, 0)
        result = self._run(request.query, kind)
        body: bytes = result.bytes()
        if not body and kind == "Native" and _SELECT.match(request.query):
            body = self._empty_block(query)
        return Answer(
            body, kind, result.rows_read(), result.storage_rows_read(), result.storage_bytes_read()
        )

    def _run(self, query: str, kind: str) -> Any:
        return self._session.connection.query(query, kind, params=self._request.bound)

    def _prepare(self) -> None:
        session, request = self._session, self._request
        run = session.connection.query
        if request.database and request.database != session.database:
            run(f"USE `{request.database}`", "TSV")
            session.database = request.database
        # In the address they hold for one query only.
        for name in session.settings.keys() - request.settings.keys():
            run(f"SET {name} = DEFAULT", "TSV")
            del session.settings[name]
        for name, value in request.settings.items():
            if session.settings.get(name) != value:
                text = value.replace("\\", "\\\\").replace("'", "\\'")
                run(f"SET {name} = '{text}'", "TSV")
                session.settings[name] = value

    def _insert(self, query: str, kind: str, rows: bytes) -> None:
        with tempfile.NamedTemporaryFile() as file:
            file.write(rows)
            file.flush()
            self._run(f"{query} FROM INFILE '{file.name}' FORMAT {kind}", "Null")

    def _empty_block(self, query: str) -> bytes:
        """A block of no rows, which tells the columns: chdb answers nothing at all instead."""
        described = str(self._run(f"DESCRIBE ({query})", "TSVRaw"))
        columns = [line.split("\t")[:2] for line in described.splitlines()]
        texts = (_sized(name) + _sized(kind) for name, kind in columns)
        return _number(len(columns)) + _number(0) + b"".join(texts)


def _sized(text: str) -> bytes:
    raw = text.encode()
    return _number(len(raw)) + raw


def _number(value: int) -> bytes:
    """A whole number as Native has it, seven bits a byte, the lowest first."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
