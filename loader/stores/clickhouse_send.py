"""Sending what is new in a stage to ClickHouse, as Parquet."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import duckdb

from loader.stores.base import Applied, conflict
from loader.stores.clickhouse_deliveries import Opened
from loader.stores.clickhouse_ids import CONTENT_HASH, Ids
from loader.stores.dry_compare import compare, create_known, take_compared
from loader.stores.stage import (
    EVENT_ROW,
    REJECTED_ROW,
    Stage,
    insert_rows,
    read_event,
    rejected_row,
)

_ROWS_AT_ONCE = 500_000
_CONFLICTS_AT_ONCE = 2_000
_STAGED = ", ".join(EVENT_ROW)
_REJECTED = ", ".join(REJECTED_ROW)


class Sending:
    """One stage on its way into an opened delivery.

    ``ids`` finds what is there already, ``lane`` is the DuckDB that holds the stage.
    """

    def __init__(
        self, ids: Ids, lane: duckdb.DuckDBPyConnection, stage: Stage, opened: Opened
    ) -> None:
        self._ids = ids
        self._client = ids.client
        self._place = ids.place
        self._file = ids.directory / "rows.parquet"
        self._found = ids.directory / "rejected.parquet"
        self._lane = lane
        self._stage = stage
        self._opened = opened
        self._time = f"timestamptz '{opened.delivered_at.isoformat()}'"

    def send(self, own: Collection[datetime]) -> Applied:
        """Send new events, and rejected and conflicting rows; what became of them.

        ``own`` are the times of what this loader has sent before and not finished.
        """
        applied = Applied(delivery_id=self._opened.delivery_id)
        self._lane.execute(
            f"create or replace temp table loader_rejects as "
            f"select {_REJECTED} from {self._stage.rejected_table}"
        )
        self._lane.execute("create or replace temp table loader_new (line bigint)")
        create_known(self._lane)
        if self._stage.events:
            self._ids.find_known(self._lane, self._stage, own)
            self._choose(applied)
            self._send_events(applied.appended)
            self._keep_conflicts(applied)
            applied.duplicate = self._stage.events - applied.appended - applied.conflicting
        if self._stage.rejected + applied.conflicting:
            self._send_rejects(own)
        return applied

    def _choose(self, applied: Applied) -> None:
        """The first event of each id that is not there is new; others are compared with it."""
        execute = self._lane.execute
        staged = f"""
            (
                select * from {self._stage.events_table}
                where row is null and line not in (select line from loader_known)
            )
        """
        new = execute(
            f"insert into loader_new select min(line) from {staged} group by event_id"
        ).fetchall()
        applied.appended = int(new[0][0])
        repeated = f"(select * from {staged} where line not in (select line from loader_new))"
        first = f"(select * from {staged} where line in (select line from loader_new))"
        if execute(f"select 1 from {repeated} limit 1").fetchall():
            compare(self._lane, repeated, first)
            take_compared(self._lane)

    def _send_events(self, appended: int) -> None:
        for start in range(0, appended, _ROWS_AT_ONCE):
            some = f"""
                {self._stage.events_table} where row is null and line in (
                    select line from loader_new
                    where rowid >= {start} and rowid < {start + _ROWS_AT_ONCE}
                )
            """
            self._insert(
                "event_rows",
                f"select event_id, event_name, event_time, user_id, "
                f"properties::varchar as properties, {self._time} as ingested_at from {some}",
                start,
            )
            self._insert(
                "event_ids",
                f"select event_id, {CONTENT_HASH} as content_hash, event_time, "
                f"{self._time} as ingested_at from {some}",
                start,
            )

    def _keep_conflicts(self, applied: Applied) -> None:
        after = -1
        while rows := self._lane.execute(
            f"select {_STAGED} from {self._stage.events_table} where row is null and line > ? "
            "and line in (select line from loader_known where differs) order by line limit ?",
            [after, _CONFLICTS_AT_ONCE],
        ).fetchall():
            after = rows[-1][0]
            found = [conflict(row[0], read_event(row)) for row in rows]
            applied.add_conflicts(found)
            insert_rows(
                self._lane,
                "loader_rejects",
                REJECTED_ROW,
                [rejected_row(self._stage.source, row) for row in found],
            )

    def _send_rejects(self, own: Collection[datetime]) -> None:
        """Send those that are not there; the same row of the same source is there once."""
        self._lane.execute(f"copy (select rejected_id from loader_rejects) to '{self._file}'")
        self._client.answer(
            f"select toString(rejected_id) as rejected_id from {self._place}.rejected_rows "
            "where rejected_id in (select rejected_id from loader_sent) "
            f"and {self._ids.counts('rejected_at', own)}",
            {"loader_sent": (self._file, "rejected_id UUID")},
            self._found,
        )
        self._insert(
            "rejected_rows",
            f"""
                select {_REJECTED}, {self._time} as rejected_at
                from loader_rejects
                where rejected_id not in (
                    select rejected_id::uuid from read_parquet('{self._found}')
                )
                qualify row_number() over (partition by rejected_id order by line) = 1
            """,
            0,
        )

    def _insert(self, table: str, query: str, start: int) -> None:
        self._lane.execute(f"copy ({query}) to '{self._file}' (format parquet)")
        columns = self._lane.execute(f"describe select * from '{self._file}'").fetchall()
        self._client.insert(
            f"{self._place}.{table}",
            [column[0] for column in columns],
            self._file,
            token=f"{self._opened.delivery_id} {table} {start}",
        )
