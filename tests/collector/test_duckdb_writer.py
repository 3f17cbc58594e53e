"""What the writer of a DuckDB file asks of DuckDB, and that it does not hold ever more memory."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from collector.intake import Batch, Item
from collector.writers import duckdb as writers
from loader.contract import Event
from loader.targets import Target
from tests.support.databases import Database

EVERY = 20
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Writer:
    """A writer, and what its DuckDB says of itself."""

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        target = Target("duckdb", "duckdb", "main", "raw", path=path)
        self._writer = writers.DuckDBWriter(
            replace(target, settings=settings), lock_timeout=1, release_after=60
        )
        self._writer.open()
        self.close = self._writer.close

    def write(self, *events: Event) -> list[str]:
        """Append events in one commit; the outcome of each."""
        items = [Item(event) for event in events]
        self._writer.write([Batch("test", None, items)])
        return [item.outcome for item in items]

    def ask(self, question: str) -> Any:
        """A value from the writer's own DuckDB."""
        rows = self._writer._opened().execute(question).fetchall()
        return rows[0][0]

    @property
    def held(self) -> int:
        """Bytes of the file's tables that DuckDB holds in memory."""
        return int(
            self.ask("select memory_usage_bytes from duckdb_memory() where tag = 'BASE_TABLE'")
        )


@contextmanager
def writing(database: Database, settings: Mapping[str, Any]) -> Iterator[Writer]:
    """A writer to a database's file."""
    assert database.path is not None
    writer = Writer(database.path, settings)
    try:
        yield writer
    finally:
        writer.close()


def some_event(moment: datetime = NOON, size: int = 2) -> Event:
    """An event under a new id, with properties of so many characters."""
    return Event(uuid.uuid4(), "e", moment, "u", '{"a":"' + uuid.uuid4().hex * (size // 32) + '"}')


def test_memory_is_given_back_after_so_many_commits(
    duckdb_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "_TIDY_COMMITS", EVERY)
    known = some_event()
    with writing(duckdb_database, {}) as writer:
        limit = writer.ask("select current_setting('memory_limit')")
        held = []
        assert writer.write(known) == ["appended"]
        for _ in range(3 * EVERY):
            outcomes = writer.write(*[some_event(size=3200) for _ in range(100)])
            assert set(outcomes) == {"appended"}
            held.append(writer.held)
        # The file has grown to six megabytes for each time that memory was given back.
        assert max(held) < 3_000_000
        assert writer.ask("select current_setting('memory_limit')") == limit
        assert writer.write(known, replace(known, user_id="v")) == ["duplicate", "conflicting"]
        assert writer.ask("select count(*) from raw.events") == 3 * EVERY * 100 + 1


@pytest.mark.parametrize(
    ("settings", "threads", "limit"),
    [
        ({}, 1, "427.2 MiB"),
        ({"threads": 2, "memory_limit": "300MiB"}, 2, "300.0 MiB"),
    ],
)
def test_settings_of_the_profile_are_kept(
    duckdb_database: Database,
    monkeypatch: pytest.MonkeyPatch,
    settings: Mapping[str, Any],
    threads: int,
    limit: str,
) -> None:
    monkeypatch.setattr(writers, "_TIDY_COMMITS", 1)
    with writing(duckdb_database, settings) as writer:
        for _ in range(3):
            assert writer.write(some_event()) == ["appended"]
        assert writer.ask("select current_setting('threads')") == threads
        assert writer.ask("select current_setting('memory_limit')") == limit


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC) - timedelta(microseconds=1),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2026, 3, 1, 12, 0, 0, 123_457, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
    ids=["the first year", "before 1970", "1970", "microseconds", "the last year"],
)
def test_times_are_stored_to_the_microsecond(duckdb_database: Database, moment: datetime) -> None:
    given = some_event(moment)
    with writing(duckdb_database, {}) as writer:
        assert writer.write(given) == ["appended"]
        assert writer.write(given) == ["duplicate"]
    assert duckdb_database.path is not None
    with duckdb.connect(str(duckdb_database.path)) as connection:
        stored = connection.execute("select event_id, epoch_us(event_time) from raw.events")
        assert stored.fetchall() == [
            (
                given.event_id,
                (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1),
            )
        ]
