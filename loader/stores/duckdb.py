"""Appending to a DuckDB file: staged in memory (and on disk beyond it), then one transaction."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb

from loader.contract import Event
from loader.failures import database_errors
from loader.quiet_duckdb import cursor_of
from loader.stores.base import Applied, conflict, same_object
from loader.stores.duckdb_tables import next_delivery_time
from loader.stores.stage import (
    MEMORY,
    REJECTED_ROW,
    STAGING,
    Stage,
    column_list,
    delivery_row,
    insert_rows,
    let_callers_work,
    rejected_row,
)
from loader.targets import Target, open_duckdb

_DIFFERING_AT_ONCE = 2000


class DuckDBStore:
    """The only writer of the file while it is open, so a look for present ids stays true."""

    def __init__(self, target: Target, *, lock_timeout: float) -> None:
        self._target = target
        self._lock_timeout = lock_timeout
        self._events = f"{target.place(target.raw_schema)}.events"
        self._rejected = f"{target.place(target.raw_schema)}.rejected_events"
        self._deliveries = f"{target.place(target.raw_schema)}.deliveries"
        self._erased = f"{target.place(target.raw_schema)}.erased_events"
        self._now = datetime.now(UTC)
        self._stages: list[Stage] = []
        self._stages_made = 0
        self._in_transaction = False
        self._broken = False
        self._threads = 1
        self._connection = self._open()

    def _open(self) -> duckdb.DuckDBPyConnection:
        target = self._target
        connection = open_duckdb(target, wait_seconds=self._lock_timeout)
        with database_errors(target, "looking for the raw tables"):
            for table in (self._events, self._rejected, self._deliveries, self._erased):
                connection.execute(f"select 1 from {table} limit 0")
            if "memory_limit" not in {**target.settings, **target.config_options}:
                connection.execute(f"set memory_limit = '{MEMORY}'")
            connection.execute(f"attach ':memory:' as {STAGING}")
            threads = connection.execute("select current_setting('threads')").fetchall()[0][0]
            self._threads = int(threads)
        return connection

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor of the file's instance, so that the lane can fill stages."""
        return cursor_of(self._connection)

    def stage(self, source: str) -> Stage:
        """A new stage."""
        if self._broken:
            self._connection = self._open()
            self._broken = False
        let_callers_work(self._connection)
        self._stages_made += 1
        stage = Stage(self.cursor(), self._target, source, self._stages_made)
        self._stages.append(stage)
        return stage

    def apply(self, stage: Stage) -> Applied:
        """Append and record, in the open transaction."""
        with database_errors(self._target, f"appending {stage.source}"):
            self._connection.execute(f"set threads = {self._threads}")
            if not self._in_transaction:
                self._connection.execute("begin")
                self._in_transaction = True
            self._now = next_delivery_time(self._connection, self._deliveries)
            applied = Applied()
            if stage.events:
                self._append(stage, applied)
            if stage.rejected:
                self._record_rejected(stage.rejected_table)
            if stage.events + stage.rejected:
                self._record_delivery(stage, applied)
            return applied

    def commit(self) -> None:
        """Commit, and write the file's log into the file."""
        with database_errors(self._target, "committing"):
            if self._in_transaction:
                self._connection.execute("commit")
            self._in_transaction = False
            self._drop_stages()

    def rollback(self) -> None:
        """Roll back and drop all stages."""
        try:
            if self._in_transaction:
                self._connection.execute("rollback")
            self._drop_stages()
        except duckdb.Error:
            # After a fatal error, such as a full disk, DuckDB refuses all but closing.
            self._stages.clear()
            self._connection.close()
            self._broken = True
        self._in_transaction = False

    def close(self) -> None:
        """Close the file, which drops what was not committed."""
        self._connection.close()

    def _drop_stages(self) -> None:
        for stage in self._stages:
            stage.drop()
        self._stages.clear()

    def _append(self, stage: Stage, applied: Applied) -> None:
        execute = self._connection.execute
        staged = stage.events_table
        some = execute(f"select 1 from {self._events} limit 1").fetchall()
        present = f"""
            select line, event_id from {staged} as staged
            where row is null and exists (
                select 1 from {self._events} as present where present.event_id = staged.event_id
            )
            union
        """
        erased = f"""
            select line, event_id from {staged} as staged
            where row is null and md5(cast(event_id as varchar)) in (
                select event_hash from {self._erased}
            )
            union
        """
        forgotten = execute(f"select 1 from {self._erased} limit 1").fetchall()
        execute(f"""
            create or replace temp table loader_skipped as
            {present if some else ""} {erased if forgotten else ""} ({stage.repeats()})
        """)
        skipped = int(execute("select count(*) from loader_skipped").fetchall()[0][0])
        new = "and line not in (select line from loader_skipped)" if skipped else ""
        if skipped < stage.events:
            execute(f"""
                insert into {self._events}
                (event_id, event_name, event_time, user_id, properties, ingested_at)
                select event_id, event_name, event_time, user_id, properties, {self._time}
                from {staged} where row is null {new}
            """)
            applied.appended = int(self._connection.fetchall()[0][0])
        if skipped:
            # or the join would hash all events to compare a few
            few = "where event_id in (select event_id from loader_skipped)"
            self._record_conflicts(stage, applied, few if 2 * skipped < stage.events else "")
        applied.duplicate = stage.events - applied.appended - applied.conflicting

    def _record_conflicts(self, stage: Stage, applied: Applied, few: str) -> None:
        """Record the skipped events whose id now stands for another content.

        ``few`` is a condition on events that holds for all that stand under a skipped id.
        """
        execute = self._connection.execute
        execute(f"""
            create or replace temp table loader_differing as
            select
                staged.* exclude (row),
                present.properties::varchar as present_properties,
                staged.event_name <> present.event_name
                or staged.event_time <> present.event_time
                or staged.user_id <> present.user_id as differs
            from loader_skipped
            inner join {stage.events_table} as staged using (line)
            inner join (select * from {self._events} {few})
                as present on present.event_id = loader_skipped.event_id
            where
                staged.row is null
                and (differs or staged.properties::varchar <> present.properties::varchar)
        """)
        after = -1
        while rows := execute(
            "select * from loader_differing where line > ? order by line limit ?",
            [after, _DIFFERING_AT_ONCE],
        ).fetchall():
            after = rows[-1][0]
            found = [
                conflict(line, Event(event_id, name, event_time.astimezone(UTC), user, properties))
                for line, event_id, name, event_time, user, properties, present, differs in rows
                if differs or not same_object(properties, present)
            ]
            if found:
                applied.add_conflicts(found)
                records = [rejected_row(stage.source, row) for row in found]
                execute(
                    f"create or replace temp table loader_rejected ({column_list(REJECTED_ROW)})"
                )
                insert_rows(self._connection, "loader_rejected", REJECTED_ROW, records)
                self._record_rejected("loader_rejected")

    @property
    def _time(self) -> str:
        return f"timestamptz '{self._now.isoformat()}'"

    def _record_delivery(self, stage: Stage, applied: Applied) -> None:
        self._connection.execute(
            f"insert into {self._deliveries} values (?, ?, ?, ?, ?, ?, ?, ?)",
            delivery_row(stage, applied, self._now),
        )

    def _record_rejected(self, table: str) -> None:
        self._connection.execute(f"""
            insert into {self._rejected}
            (rejected_id, reason, detail, original_text, source, line, rejected_at)
            select rejected_id, reason, detail, original_text, source, line, {self._time}
            from {table} as staged
            where not exists (
                select 1 from {self._rejected} as present
                where present.rejected_id = staged.rejected_id
            )
        """)
