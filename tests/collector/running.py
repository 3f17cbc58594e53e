"""Collectors that run as processes of their own, and what is in their databases."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb
import httpx

from tests.support.databases import Database
from tests.support.run import start_loader

KEY = "write-key-of-the-tests"
PATIENCE = 30.0
TIME = "2026-03-01T09:30:00Z"


class Collector:
    """A running collector.

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
        listening = self.wait_for_log("listening")
        self.port: int = listening["port"]
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = httpx.Client(base_url=self.url, timeout=PATIENCE)
        wait_until(self._answers, "the collector's first answer")

    def _answers(self) -> bool:
        try:
            return self.client.get("/healthz").status_code == 200
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
        wait_until(
            lambda: len(self.lines(message)) >= number or self.process.poll() is not None, message
        )
        found = self.lines(message)
        assert len(found) >= number, f"the collector ended: {self.raw_log.decode()}"
        return found[number - 1]

    def lines(self, message: str) -> list[dict[str, Any]]:
        """The lines with this message."""
        return [line for line in self.log if line["message"] == message]

    def post(self, path: str, content: object = None, **options: Any) -> httpx.Response:
        """POST JSON (or bytes as they are), with the key as a Bearer token unless headers say."""
        headers = options.pop("headers", {"Authorization": f"Bearer {KEY}"})
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self.client.post(path, content=body, headers=headers, **options)

    def send(self, *events: Any) -> list[str]:
        """Send events to the native route; what became of each."""
        answer = self.post("/v1/events", list(events))
        assert answer.status_code == 200, answer.text
        return [result["outcome"] for result in answer.json()["results"]]

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

    def release(self) -> None:
        """Wait until it lets a DuckDB file go."""
        self._select("select 1")

    def rows(self, columns: str = "*", where: str = "true") -> list[tuple[Any, ...]]:
        """Rows of raw.events."""
        return self._select(f"select {columns} from raw.events where {where} order by 1")

    def rejects(self, columns: str = "reason") -> list[tuple[Any, ...]]:
        """Rows of raw.rejected_events."""
        return self._select(f"select {columns} from raw.rejected_events order by 1")

    def properties(self, where: str = "true") -> list[dict[str, Any]]:
        """The properties of events."""
        rows = self._select(
            "select cast(properties as varchar) from raw.events "
            f"where {where} order by event_time, 1"
        )
        return [json.loads(text) for (text,) in rows]

    def users(self, schema: str = "raw") -> list[str]:
        """Whose events are in the tables of an organisation."""
        return [user for (user,) in self._select(f"select user_id from {schema}.events order by 1")]

    def _select(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query; a DuckDB file that the collector holds is asked for again."""
        found: list[list[tuple[Any, ...]]] = []

        def select() -> bool:
            try:
                found.append([tuple(row) for row in self.database.query(query)])
            except duckdb.IOException as error:
                if "lock" not in str(error):
                    raise
            return bool(found)

        wait_until(select, "the release of the file")
        return found[0]


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE:.0f} s"
        time.sleep(0.02)


@contextmanager
def running(
    database: Database,
    *options: str,
    keys: tuple[str, ...] = (KEY,),
    port: int = 0,
    env: Mapping[str, str] | None = None,
) -> Iterator[Collector]:
    """Run a collector on a free port; it is gone when the block ends."""
    given = [part for key in keys for part in ("--write-key", key)]
    # Files are let go at once, so that tests need not wait to look into them.
    release = ("--release-after", "0") if "--release-after" not in options else ()
    process = start_loader(
        *("serve", "--port", str(port), *given, *release, *options),
        database=database,
        env=env,
        program="collector",
    )
    collector: Collector | None = None
    try:
        collector = Collector(process, database)
        yield collector
    finally:
        if collector is not None:
            collector.client.close()
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def basic(key: str = KEY) -> dict[str, str]:
    """The Authorization header of Segment's SDKs."""
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    """The Authorization header of the native route."""
    return {"Authorization": f"Bearer {token}"}


def event(user: str = "ada", **changes: Any) -> dict[str, Any]:
    """An event for the native route."""
    return {
        "id": str(uuid.uuid4()),
        "event": "report_created",
        "user_id": user,
        "timestamp": TIME,
        "properties": {"plan": "pro"},
        **changes,
    }
