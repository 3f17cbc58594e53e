"""Where dbt builds on ClickHouse in tests: databases of their own, of a lake or raw tables."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.clickhouse.databases import ClickHouseDatabase
from tests.support.run import DbtResult, run_dbt


@dataclass(frozen=True)
class Reader:
    """Databases of a server, as dbt sees them.

    Attributes:
        database: The server.
        views: The database of the views.
        raw: That of the raw events.
    """

    database: ClickHouseDatabase
    views: str
    raw: str
    engine: str = "clickhouse"
    name: str = ""

    @property
    def directory(self) -> Path:
        """Where profiles.yml is."""
        return self.database.directory

    def env(self) -> dict[str, str]:
        """The environment that leads to them."""
        return self.database.env() | {"CLICKHOUSE_DATABASE": self.views}

    def dbt(self, lake: str, *arguments: str, check: bool = True) -> DbtResult:
        """Run dbt on what is in a lake now; without one, on what the loader has appended."""
        return run_dbt(
            *arguments,
            database=self,
            variables={"raw_schema": self.raw},
            env={"EVENTS_LAKE_PATH": lake},
            check=check,
        )

    def stored(self) -> Sequence[tuple[object, ...]]:
        """Ids and users of raw events, sorted."""
        return sorted(
            self.database.query(f"select toString(event_id), user_id from {self.raw}.events")
        )


@contextmanager
def new_reader(database: ClickHouseDatabase) -> Iterator[Reader]:
    """Databases that are not there yet."""
    views = f"views_{uuid.uuid4().hex[:8]}"
    # dbt's adapter makes it on the first server of a process only
    database.query(f"create database {views}")
    yield Reader(database, views, f"{views}_raw")
    for (name,) in database.query(
        f"select name from system.databases where startsWith(name, '{views}')"
    ):
        database.query(f"drop database {name}")
