"""The raw tables of one test, and what is in them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.databases import Database
from tests.support.run import LoaderResult, run_loader


class StoredEvent(NamedTuple):
    """A row of raw.events; numbers in properties are texts, so that 1.0 is not 1."""

    event_id: str
    event_name: str
    event_time: str
    user_id: str
    properties: dict[str, Any]


class StoredReject(NamedTuple):
    """A row of raw.rejected_events."""

    line: int
    reason: str
    text: str
    source: str
    detail: str


@dataclass(frozen=True)
class RawTables:
    """A raw schema of its own in a database that tests share; `directory` is for files."""

    database: Database
    schema: str
    directory: Path

    def append(
        self,
        *args: str | Path,
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
        exit_code: int = 0,
    ) -> LoaderResult:
        """Run `loader append` in `directory` and check how it ends."""
        options = ("--raw-schema", self.schema)
        result = run_loader(
            "append",
            *options,
            *args,
            database=self.database,
            stdin=stdin,
            env=env,
            cwd=self.directory,
        )
        assert result.exit_code == exit_code, result.stderr
        assert "Traceback" not in result.stderr
        return result

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file."""
        path = self.directory / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def events(self) -> list[StoredEvent]:
        """All events, by user and id."""
        rows = self.database.query(
            "select cast(event_id as varchar), event_name, event_time, user_id, "
            f"cast(properties as varchar) from {self.schema}.events order by user_id, event_id"
        )
        return [
            StoredEvent(
                i, name, time.isoformat(), user, json.loads(p, parse_int=str, parse_float=str)
            )
            for i, name, time, user, p in rows
        ]

    def users(self) -> list[str]:
        """The users of all events, sorted: a short name for rows in tests."""
        return [event.user_id for event in self.events()]

    def rejected(self) -> list[StoredReject]:
        """All rejected rows, by source and line."""
        return [
            StoredReject(*row)
            for row in self.database.query(
                "select line, reason, original_text, source, detail "
                f"from {self.schema}.rejected_events order by source, line, reason"
            )
        ]

    def reasons(self) -> list[tuple[int, str]]:
        """Line and reason of all rejected rows."""
        return [(row.line, row.reason) for row in self.rejected()]


def new_raw_tables(database: Database, directory: Path) -> RawTables:
    """Create raw tables in a new schema of ``database``."""
    schema = f"raw_{uuid.uuid4().hex[:12]}"
    run_loader("init", "--raw-schema", schema, database=database, check=True)
    return RawTables(database, schema, directory)


def event(user: str | int = "u", **changes: Any) -> str:
    """A good row as JSON, its id derived, with changes; a value of ... leaves the key out."""
    row: dict[str, Any] = {
        "event_name": "seen",
        "event_time": "2025-03-01T12:00:00Z",
        "user_id": user,
        "properties": {"n": 1},
        **changes,
    }
    return json.dumps({key: value for key, value in row.items() if value is not ...})
