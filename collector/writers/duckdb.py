"""Writing to a DuckDB file, which is let go while nothing comes so that others may have it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from collector.intake import Batch
from collector.tokens import Directory, read_directory
from collector.writers.base import (
    Recorded,
    RefusedError,
    UnavailableError,
    by_organisation,
    settle,
)
from loader.contract import Event
from loader.errors import LoaderError
from loader.failures import database_errors
from loader.organisations import target_of
from loader.schema import quoted
from loader.target import Target, open_duckdb

# A group is too little for two threads: the second one mostly looks for work, on a core that others
# need.
_SETTINGS = {"memory_limit": "448MB", "threads": 1}
# After so many commits what DuckDB holds in memory is given back.
_TIDY_COMMITS = 1000
_TOO_LITTLE = "1KB"
# What is wrong with the events themselves, not with the file or the disk.
_DATA_ERRORS = (duckdb.ConversionException, duckdb.ConstraintException, duckdb.DataError)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


class DuckDBWriter:
    """The only writer of the file while it has it open."""

    def __init__(self, target: Target, *, lock_timeout: float, release_after: float) -> None:
        self._target = target
        self._lock_timeout = lock_timeout
        self._release_after = release_after
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._memory = ""
        self._commits = 0
        self._used = 0.0
        self._stamp: object = 0

    def open(self) -> None:
        """Open the file, unless it is open, and look for the raw tables."""
        with self._errors("looking for the raw tables"):
            _DuckDBTables(self._opened(), self._target).look()

    def write(self, batches: Sequence[Batch]) -> None:
        """Append in one transaction, which is on disk when this returns."""
        with self._errors("appending events"):
            connection = self._opened()
            self._tidy(connection)
            connection.begin()
            for organisation, own in by_organisation(batches).items():
                settle(_DuckDBTables(connection, target_of(self._target, organisation)), own)
            connection.commit()
        self._commits += 1
        self._used = time.monotonic()

    def directory(self) -> Directory:
        """Read who is known."""
        with self._errors("reading the tokens"):
            connection = self._opened()
            return read_directory(
                self._target.raw_schema, lambda query: connection.execute(query).fetchall()
            )

    def stamp(self) -> object:
        """When the file was changed; while it is open here, nobody else can change it."""
        if self._connection is None:
            try:
                found = self._target.duckdb_path.stat()
            except OSError:
                return None
            self._stamp = (found.st_mtime_ns, found.st_size)
        return self._stamp

    def idle(self) -> None:
        """Let the file go when nothing has come for a while."""
        if self._connection is not None and time.monotonic() - self._used > self._release_after:
            self.close()

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            with suppress(duckdb.Error):
                self._connection.close()
            self._connection = None

    def _opened(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            connection = open_duckdb(self._target, wait_seconds=self._lock_timeout)
            given = {**self._target.settings, **self._target.config_options}
            for name, value in _SETTINGS.items():
                if name not in given:
                    connection.execute(f"set {name} = '{value}'")
            self._memory = str(given.get("memory_limit", _SETTINGS["memory_limit"]))
            self._connection = connection
            self._used = time.monotonic()
            self._commits = 0
        return self._connection

    def _tidy(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let DuckDB give memory back every now and then, or it grows with the number of commits.

        Each look for ids leaves some eight kilobytes in the queues of its buffer pool: what is
        known of blocks that are gone. They are looked through when memory is short, so for a
        moment it is. After a checkpoint there is nothing that would have to be put on disk.
        """
        if self._commits < _TIDY_COMMITS:
            return
        self._commits = 0
        connection.execute("checkpoint")
        with suppress(duckdb.OutOfMemoryException):  # after it has looked through all of them
            connection.execute(f"set memory_limit = '{_TOO_LITTLE}'")
        connection.execute(f"set memory_limit = '{self._memory}'")

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        try:
            with database_errors(self._target, doing):
                yield
        except LoaderError as error:
            # After a fatal error DuckDB refuses all but closing, so closing is the way back.
            self.close()
            if isinstance(error.__cause__, _DATA_ERRORS):
                raise RefusedError(error.message) from error
            raise UnavailableError(error.message) from error
        except BaseException:
            self.close()
            raise


class _DuckDBTables:
    """The raw tables in one schema."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, target: Target) -> None:
        self._connection = connection
        self._events = f"{quoted(target.raw_schema)}.events"
        self._rejected = f"{quoted(target.raw_schema)}.rejected_events"

    def look(self) -> None:
        """Select nothing from both tables."""
        for name in (self._events, self._rejected):
            self._connection.execute(f"select 1 from {name} limit 0")

    def insert(self, events: Sequence[Event]) -> set[uuid.UUID]:
        """Insert what is not there: nobody else writes between the look and the insert."""
        appended = self._connection.execute(
            f"""
            insert into {self._events}
            (event_id, event_name, event_time, user_id, properties, ingested_at)
            select event_id, event_name, make_timestamptz(event_time), user_id, properties, now()
            from ({_INCOMING}) as incoming
            where not exists (
                select 1 from {self._events} as present where present.event_id = incoming.event_id
            )
            returning cast(event_id as varchar)
            """,
            [
                _json(
                    {
                        "event_id": [event.event_id.hex for event in events],
                        "event_name": [event.event_name for event in events],
                        "event_time": [(event.event_time - _EPOCH) // _TICK for event in events],
                        "user_id": [event.user_id for event in events],
                        "properties": [event.properties for event in events],
                    }
                )
            ],
        ).fetchall()
        if len(appended) == len(events):
            return {event.event_id for event in events}  # making them of texts would take longer
        return {uuid.UUID(text) for (text,) in appended}

    def present(self, ids: Sequence[uuid.UUID]) -> Iterator[tuple[Any, ...]]:
        """Look the ids up."""
        found = self._connection.execute(
            f"""
            select event_id, event_name, event_time, user_id, properties::varchar
            from {self._events}
            where event_id in (select unnest(from_json(?, '["UUID"]')))
            """,
            [json.dumps([str(event_id) for event_id in ids])],
        ).fetchall()
        for event_id, name, moment, user, properties in found:
            yield event_id, name, moment.astimezone(UTC), user, properties

    def record(self, rows: Sequence[Recorded]) -> None:
        """Insert what is not there."""
        records = [
            {
                "rejected_id": str(row.rejected_id),
                "reason": row.row.reason,
                "detail": row.row.detail,
                "original_text": row.row.text,
                "source": row.source,
            }
            for row in rows
        ]
        self._connection.execute(
            f"""
            insert into {self._rejected}
            (rejected_id, reason, detail, original_text, source, line, rejected_at)
            select rejected_id, reason, detail, original_text, source, null, now()
            from (select unnest(from_json(?, '{_REJECTED}'), recursive := true)) as incoming
            where not exists (
                select 1 from {self._rejected} as present
                where present.rejected_id = incoming.rejected_id
            )
            """,
            [_json(records)],
        )


def _json(value: dict[str, list[Any]] | list[dict[str, str]]) -> str:
    """Values as one JSON text: one parameter, since DuckDB's Python takes long for each."""
    return json.dumps(value, ensure_ascii=False)


# Lists of values, which takes less time than a list of rows. Times are microseconds since 1970,
# less work to write than a text; properties are a text here, too: inserting it makes it JSON.
_COLUMNS = {
    "event_id": "UUID",
    "event_name": "VARCHAR",
    "event_time": "BIGINT",
    "user_id": "VARCHAR",
    "properties": "VARCHAR",
}
# Through n no part of this is constant: DuckDB would work a constant list out while it plans, value
# by value, at twice the cost.
_INCOMING = f"""
    select {", ".join(f"unnest(lists.{name}) as {name}" for name in _COLUMNS)}
    from (
        select from_json(
            case when n = 0 then ? end,
            '{json.dumps({name: [kind] for name, kind in _COLUMNS.items()})}'
        ) as lists
        from range(1) as zero(n)
    )
"""
_REJECTED = json.dumps(
    [
        {
            "rejected_id": "UUID",
            "reason": "VARCHAR",
            "detail": "VARCHAR",
            "original_text": "VARCHAR",
            "source": "VARCHAR",
        }
    ]
)
