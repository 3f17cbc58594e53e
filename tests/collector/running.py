"""Collectors that run as processes of their own, and what is in their databases."""

from __future__ import annotations

import base64
import json
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb
import httpx

from tests.support.databases import Database
from tests.support.run import start_loader
from tests.support.servers import Server, bearer, served, wait_until

KEY = "write-key-of-the-tests"
TIME = "2026-03-01T09:30:00Z"


class Collector(Server):
    """A running collector."""

    def __init__(self, process: subprocess.Popen[bytes], database: Database) -> None:
        super().__init__(process, database, ready_at="/healthz")

    def post(self, path: str, content: object = None, **options: Any) -> httpx.Response:
        """POST JSON (or bytes as they are), with the key as a Bearer token unless headers say."""
        headers = options.pop("headers", bearer(KEY))
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self.client.post(path, content=body, headers=headers, **options)

    def send(self, *events: Any) -> list[str]:
        """Send events to the native route; what became of each."""
        answer = self.post("/v1/events", list(events))
        assert answer.status_code == 200, answer.text
        return [result["outcome"] for result in answer.json()["results"]]

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
    with served(process, lambda started: Collector(started, database)) as collector:
        yield collector


def basic(key: str = KEY) -> dict[str, str]:
    """The Authorization header of Segment's SDKs."""
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


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
