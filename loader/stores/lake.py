"""Appending to a lake: staged in DuckDB, written as Parquet, let in by one conditional put.

A stage whose content was delivered before is a duplicate as a whole. Ids that other deliveries
have brought are not looked for, which would read the whole lake: the next build does that
(`loader.lake.repeats`).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC

import duckdb

from loader import quiet_duckdb
from loader.contract import Event
from loader.errors import LoaderError
from loader.failures import database_errors
from loader.lake.manifest import DataFile, Delivery, State, instant_text
from loader.lake.parquet import write_events, write_rows
from loader.lake.tables import manifest_of
from loader.stores.base import Applied, conflict, same_object
from loader.stores.lake_content import Content
from loader.stores.spill import SpillDirectory
from loader.stores.stage import (
    MEMORY,
    REJECTED_ROW,
    STAGING,
    Stage,
    insert_rows,
    let_callers_work,
    rejected_row,
)
from loader.targets import Target

_THREADS = 2
_AT_ONCE = 2000


@dataclass(slots=True)
class _Pending:
    """A stage that was written, and is not in the lake yet."""

    delivery: Delivery
    applied: Applied
    files: list[DataFile]


class LakeStore:
    """Appends beside any number of others; what it writes before its commit nobody reads."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._manifest = manifest_of(target)
        self._state = self._load()
        self._spill = SpillDirectory()
        self._lane = quiet_duckdb.connect(
            config={"memory_limit": MEMORY, "temp_directory": str(self._spill.path)}
        )
        self._lane.execute(f"attach ':memory:' as {STAGING}")
        self._manifest.storage.let_read(self._lane)
        self._stages: list[Stage] = []
        self._stages_made = 0
        self._pending: list[_Pending] = []

    def _load(self) -> State:
        state = self._manifest.load()
        if state is None:
            raise LoaderError(self._target.no_raw_tables)
        return state

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor of the DuckDB that holds the stages."""
        return quiet_duckdb.cursor_of(self._lane)

    def stage(self, source: str) -> Stage:
        """A new stage."""
        let_callers_work(self._lane)
        self._stages_made += 1
        stage = Stage(self.cursor(), self._target, source, self._stages_made)
        self._stages.append(stage)
        return stage

    def apply(self, stage: Stage) -> Applied:
        """Write the stage's events and rejected rows into files of the lake."""
        with database_errors(self._target, f"appending {stage.source}"):
            self._lane.execute(f"set threads = {_THREADS}")
            self._state = self._load()
            applied = Applied()
            if not stage.events + stage.rejected:
                return applied
            applied.delivery_id = uuid.uuid4()
            storage = self._manifest.storage
            erased = self._state.tables.get("erased_events", [])
            content = Content(self._lane, stage, storage, erased)
            if content.repeats:
                self._find_conflicts(stage, content, applied)
            digest = content.digest()
            moment = instant_text(self._manifest.take_time(self._state))
            files: list[DataFile] = []
            if not self._state.has(digest):
                with_time = f"select *, timestamptz '{moment}' as ingested_at from ({content.new})"
                files = write_events(self._lane, self._manifest, with_time)
            applied.appended = sum(file.rows for file in files)
            applied.duplicate = stage.events - applied.appended - applied.conflicting
            delivery = Delivery(
                delivery_id=str(applied.delivery_id),
                digest=digest if files else "",
                source=stage.source,
                delivered_at=moment,
                read=stage.events + stage.rejected,
                appended=applied.appended,
                duplicate=applied.duplicate,
                conflicting=applied.conflicting,
                rejected=stage.rejected,
                rejected_file=self._write_rejected(stage, moment, applied),
            )
            self._pending.append(_Pending(delivery, applied, files))
            return applied

    def commit(self) -> None:
        """Let it be in the lake, all of it or nothing.

        Where another writer has brought the same content meanwhile, that one's stays, and what was
        appended is a duplicate.
        """
        pending, self._pending = self._pending, []
        with database_errors(self._target, "committing"):
            self._commit(pending)
            self._drop_stages()

    def _commit(self, pending: list[_Pending]) -> None:
        while pending:
            digests = sorted(one.delivery.digest for one in pending if one.delivery.digest)
            # else nothing is new, or several sources stand or fall together
            alone = len(digests) == 1
            key = self._state.key_of(digests[0]) if alone else f"all-{uuid.uuid4().hex}"
            files = [file for one in pending for file in one.files]
            if self._manifest.append(key, [one.delivery for one in pending], files):
                return
            self._state = self._load()
            for one in pending:
                if self._state.has(one.delivery.digest):
                    self._give_way(one)

    def _give_way(self, one: _Pending) -> None:
        """Take back what another writer was first with."""
        self._remove(one.files)
        one.files = []
        one.applied.duplicate += one.applied.appended
        one.applied.appended = 0
        one.delivery = replace(one.delivery, digest="", appended=0, duplicate=one.applied.duplicate)

    def rollback(self) -> None:
        """Drop all stages, and what was written of them."""
        pending, self._pending = self._pending, []
        for one in pending:
            self._remove(one.files)
            if one.delivery.rejected_file:
                self._manifest.storage.remove(one.delivery.rejected_file)
        self._drop_stages()

    def close(self) -> None:
        """Close the DuckDB, and remove temporary files."""
        self._lane.close()
        self._spill.remove()

    def _remove(self, files: Sequence[DataFile]) -> None:
        for file in files:
            self._manifest.storage.remove(file.name)

    def _drop_stages(self) -> None:
        stages, self._stages = self._stages, []
        for stage in stages:
            try:
                stage.drop()
            except duckdb.Error:
                # After a fatal error, such as a full disk, DuckDB refuses all but closing.
                return

    def _find_conflicts(self, stage: Stage, content: Content, applied: Applied) -> None:
        """Add to the stage's rejected rows those that differ from the first one of their id."""
        cursor = self._lane.execute(f"""
            select
                staged.line,
                staged.event_id,
                staged.event_name,
                staged.event_time,
                staged.user_id,
                staged.properties::varchar,
                present.properties::varchar,
                staged.event_name <> present.event_name
                or staged.event_time <> present.event_time
                or staged.user_id <> present.user_id
            from loader_skipped
            inner join {stage.events_table} as staged using (line)
            inner join ({content.distinct}) as present
                on present.event_id = loader_skipped.event_id
            where staged.row is null
            order by staged.line
        """)
        found = []
        while part := cursor.fetchmany(_AT_ONCE):
            for line, event_id, name, moment, user, properties, present, differs in part:
                if differs or not same_object(properties, present):
                    event = Event(event_id, name, moment.astimezone(UTC), user, properties)
                    found.append(conflict(line, event))
        applied.add_conflicts(found)
        if found:
            records = [rejected_row(stage.source, row) for row in found]
            insert_rows(self._lane, stage.rejected_table, REJECTED_ROW, records)

    def _write_rejected(self, stage: Stage, moment: str, applied: Applied) -> str | None:
        if not stage.rejected + applied.conflicting:
            return None
        name = f"rejected/{self._manifest.partition}/{uuid.uuid4().hex}.parquet"
        columns = ", ".join(REJECTED_ROW)
        write_rows(
            self._lane,
            self._manifest.storage,
            name,
            f"select {columns}, timestamptz '{moment}' as rejected_at from {stage.rejected_table}",
        )
        return name
