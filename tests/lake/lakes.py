"""Lakes of tests, and batches of events that overlap and contradict one another."""

from __future__ import annotations

import json
import shutil
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from loader.lake.manifest import Manifest, State
from loader.lake.storage import open_storage
from tests.support.databases import REPOSITORY, Database
from tests.support.run import LoaderResult, run_loader


@dataclass(frozen=True)
class Lake(Database):
    """A lake, and the DuckDB file of its views."""

    address: str = ""

    @property
    def path(self) -> Path:
        """The DuckDB file."""
        return self.directory / self.file_name

    def env(self) -> dict[str, str]:
        """The environment in which loader and dbt work on it."""
        return {
            "DBT_PROFILES_DIR": str(self.directory),
            "EVENTS_TARGET": "lake",
            "EVENTS_DUCKDB_PATH": str(self.path),
            "EVENTS_LAKE_PATH": self.address,
        }

    def run(self, *args: str | Path, check: bool = True) -> LoaderResult:
        """Run a command of the loader."""
        return run_loader(*args, database=self, check=check)

    def append(self, *files: str | Path) -> dict[str, Any]:
        """Append files, and return the counts of the report."""
        report: dict[str, Any] = self.run("append", *files, "--json").json()
        return report

    @property
    def manifest(self) -> Manifest:
        """Its manifest."""
        return Manifest(open_storage(self.address), None)

    @property
    def state(self) -> State:
        """What it consists of now."""
        found = self.manifest.load()
        assert found is not None
        return found

    def files(self, folder: str = "events") -> list[Path]:
        """All files that lie there, whether they are in the lake or not."""
        return sorted(path for path in (Path(self.address) / folder).rglob("*.parquet"))

    def stored(self, columns: str = "event_id") -> list[tuple[Any, ...]]:
        """Columns of all rows in the lake, also of later rows of an id, sorted."""
        names = [str(Path(self.address) / file.name) for file in self.state.files]
        if not names:
            return []
        query = f"select {columns} from read_parquet(?) order by all"
        return duckdb.execute(query, [names]).fetchall()


def new_lake(directory: Path, address: str | None = None) -> Lake:
    """An empty lake, before `loader init`."""
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(REPOSITORY / "profiles.example.yml", directory / "profiles.yml")
    place = address or str(directory / "lake")
    engine: Any = "lake"
    return Lake(engine, directory, "lake", None, "lake.duckdb", place)


def generated(path: Path, events: int, users: int, days: int = 40, seed: int = 1) -> list[str]:
    """Lines of a generated log."""
    run_loader(
        *("generate", "--events", str(events), "--users", str(users), "--days", str(days)),
        *("--seed", str(seed), "--output", str(path)),
        check=True,
    )
    return path.read_text(encoding="utf-8").splitlines()


def batches(directory: Path, lines: Sequence[str], number: int) -> list[Path]:
    """Files of a log that overlap by a tenth; in each, ids of the one before stand for others."""
    size = -(-len(lines) // number)
    files = []
    for place in range(number):
        part = list(lines[max(0, place * size - size // 10) : (place + 1) * size])
        part += [changed(line) for line in lines[max(0, (place - 1) * size) : place * size : 97]]
        path = directory / f"batch_{place}.jsonl"
        path.write_text("\n".join(part) + "\n", encoding="utf-8")
        files.append(path)
    return files


def changed(line: str) -> str:
    """The same event of another user."""
    event = json.loads(line)
    event["user_id"] = f"other-{event['user_id']}"
    return json.dumps(event)


def an_event(event_id: uuid.UUID, **changes: object) -> str:
    """A line with one event."""
    event = {
        "event_id": str(event_id),
        "event_name": "login",
        "event_time": "2026-03-01T08:00:00Z",
        "user_id": "ada",
        "properties": {"plan": "pro"},
    }
    return json.dumps({**event, **changes})


def differing_views(one: Database, other: Database) -> dict[str, int]:
    """Of two DuckDB files, how many rows of each public view only one of them has."""
    views = one.query(
        "select table_name from information_schema.tables where table_schema = 'analytics'"
    )
    assert len(views) > 20
    found = {}
    for (view,) in sorted(views):
        rows, others = (
            Counter(map(repr, database.query(f"select * from analytics.{view}")))
            for database in (one, other)
        )
        differing = (rows - others).total() + (others - rows).total()
        if differing:
            found[view] = differing
    return found
