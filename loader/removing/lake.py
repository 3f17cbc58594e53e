"""Taking rows out of a lake: files that hold any are written anew without them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import duckdb

from loader import quiet_duckdb
from loader.errors import LoaderError
from loader.lake.manifest import DataFile, Delivery, Manifest, State, instant_text
from loader.lake.parquet import parquet, write_events, write_rows
from loader.lake.repeats import find_repeats
from loader.lake.tables import (
    REMOVAL_TABLES,
    events_query,
    fill_deliveries,
    manifest_of,
    small_query,
)
from loader.removing.removal import Session
from loader.targets import Target


class LakeSession(Session):
    """The raw tables of a lake in a DuckDB in memory; `publish` lets others see what was done.

    ``events`` are those that views show, the first of each id.
    """

    def __init__(
        self,
        target: Target,
        connection: duckdb.DuckDBPyConnection,
        manifest: Manifest,
        state: State,
    ) -> None:
        super().__init__(target, connection)
        self._manifest = manifest
        self._state = state
        self._files = list(state.files)
        storage = manifest.storage
        storage.let_read(connection)
        names = [file.name for file in state.files]
        self.rows(f"create schema {self.place}")
        self.rows(f"create view all_events as {events_query(storage, names)}")
        self.rows("create temp table lake_unseen (event_id uuid, ingested_at timestamptz)")
        seen, unseen = "where true", "where false"
        if names:
            times = [delivery.delivered_at for delivery in state.deliveries]
            find_repeats(connection, storage, state.files, times)
            found = "(select (event_id, ingested_at) from lake_found)"
            seen = f"where (event_id, ingested_at) not in {found}"
            unseen = f"where (event_id, ingested_at) in {found}"
        self.rows(f"create view unseen_events as select * from all_events {unseen}")
        self.rows(f"create view {self.place}.events as select * from all_events {seen}")
        fill_deliveries(connection, f"{self.place}.deliveries", state)
        for table in ("rejected_events", *REMOVAL_TABLES):
            query = small_query(storage, state, table)
            self.rows(f"create table {self.place}.{table} as {query}")

    def note_unseen(self, condition: str, parameters: Sequence[Any]) -> None:
        """Let later rows of an id go that this is true of, though the first may stay."""
        self.rows(
            "insert into lake_unseen "
            f"select event_id, ingested_at from unseen_events where {condition}",
            parameters,
        )

    def delete_events(self) -> None:
        """Write anew the files that hold rows of these events, also their later ones."""
        if not self._state.files:
            return
        storage = self._manifest.storage
        every = parquet(storage, [file.name for file in self._state.files], ", filename = true")
        self.rows(f"""
            create temp table lake_gone as
            select event_id, ingested_at, filename from {every}
            where
                event_id in (select event_id::varchar from loader_gone)
                or (event_id, ingested_at) in (
                    select (event_id::varchar, ingested_at) from lake_unseen
                )
        """)
        touched = {place for (place,) in self.rows("select distinct filename from lake_gone")}
        self._files = []
        for file in self._state.files:
            if storage.place(file.name) in touched:
                self._files += self._without_gone(file)
            else:
                self._files.append(file)

    def _without_gone(self, file: DataFile) -> list[DataFile]:
        source = parquet(self._manifest.storage, [file.name], ", hive_partitioning = false")
        rows = (
            f"select * from {source} "
            "where (event_id, ingested_at) not in (select (event_id, ingested_at) from lake_gone)"
        )
        return write_events(self._connection, self._manifest, rows)

    def publish(self) -> None:
        """Let the lake be as this session has it, all at once; LoaderError where it has changed."""
        state = self._state
        written = {table: self._written("removals", table) for table in REMOVAL_TABLES}
        rejected = self._written("rejected", "rejected_events")
        deliveries, withdrawn = self._deliveries()
        old = {file.name for file in state.files} - {file.name for file in self._files}
        old |= set(state.rejected_files) | {n for names in state.tables.values() for n in names}
        following = replace(
            state,
            deliveries=deliveries,
            withdrawn=withdrawn,
            files=tuple(self._files),
            rejected_files=tuple(rejected),
            tables=written,
            superseded={**state.superseded, **dict.fromkeys(old, instant_text(datetime.now(UTC)))},
        )
        if not self._manifest.advance(following):
            raise LoaderError(
                "Another process has compacted the lake, or taken something out, meanwhile. "
                "Nothing was changed: run this again."
            )

    def _written(self, folder: str, table: str) -> list[str]:
        """The file of a table; none where it is empty."""
        if not self.count(f"select count(*) from {self.place}.{table}"):
            return []
        name = f"{folder}/{self._manifest.partition}/{table}-{uuid.uuid4().hex}.parquet"
        query = f"select * from {self.place}.{table}"
        write_rows(self._connection, self._manifest.storage, name, query)
        return [name]

    def _deliveries(self) -> tuple[tuple[Delivery, ...], dict[str, int]]:
        """Those that are left; contents that were withdrawn may come again."""
        sources = {
            str(delivery_id): source
            for delivery_id, source in self.rows(
                f"select delivery_id, source from {self.place}.deliveries"
            )
        }
        left: list[Delivery] = []
        withdrawn = dict(self._state.withdrawn)
        for delivery in self._state.deliveries:
            if delivery.delivery_id in sources:
                source = sources[delivery.delivery_id]
                left.append(replace(delivery, source=source, rejected_file=None))
            elif delivery.digest:
                withdrawn[delivery.digest] = withdrawn.get(delivery.digest, 0) + 1
        return tuple(left), withdrawn


@contextmanager
def lake_session(target: Target, *, dry_run: bool) -> Iterator[LakeSession]:
    """A session whose work is published at the end, or, with ``dry_run``, forgotten."""
    manifest = manifest_of(target)
    state = manifest.load()
    if state is None:
        raise LoaderError(target.no_raw_tables)
    with quiet_duckdb.connect() as connection:
        opened = LakeSession(target, connection, manifest, state)
        yield opened
        if not dry_run:
            opened.publish()
