"""The raw tables of a PostgreSQL database, read in transactions that cannot write."""

from __future__ import annotations

import duckdb
import psycopg
from psycopg import sql

from loader.failures import database_errors
from loader.postgres import open_postgres
from loader.stores.dry_compare import add_erased
from loader.stores.stage import Stage
from loader.targets import Target

_IDS_AT_ONCE = 20_000
_EVENTS_AT_ONCE = 2_000

_TABLES = "select to_regclass(%s) is not null and to_regclass(%s) is not null"
_ERASED = sql.SQL("select event_hash from {erased}")
_ANY_EVENT = sql.SQL("select from {events} limit 1")
_PRESENT = sql.SQL("""
    select staged.line
    from unnest(%s::bigint[], %s::text[]::uuid[]) as staged (line, event_id)
    where exists (select from {events} as present where present.event_id = staged.event_id)
""")
# As text, jsonb tells 1.0 from 1, as DuckDB does; its keys are in a fixed order.
_COMPARED = sql.SQL("""
    select
        staged.line,
        staged.event_name <> present.event_name
        or staged.event_time <> present.event_time
        or staged.user_id <> present.user_id
        or staged.properties::text <> present.properties::text
    from unnest(
        %s::bigint[], %s::text[]::uuid[], %s::text[], %s::text[]::timestamptz[], %s::text[],
        %s::text[]::jsonb[]
    ) as staged (line, event_id, event_name, event_time, user_id, properties)
    inner join {events} as present on present.event_id = staged.event_id
""")
_EVENT = "line, event_id::varchar, event_name, event_time::varchar, user_id, properties::varchar"


class PostgresTables:
    """Raw tables that may not be there; privileges to read them are needed where they are."""

    def __init__(self, target: Target) -> None:
        self._target = target
        events = sql.Identifier(target.raw_schema, "events")
        erased = sql.Identifier(target.raw_schema, "erased_events")
        self._connection = open_postgres(target)
        try:
            self._connection.read_only = True
            with database_errors(target, "looking for the raw tables"):
                names = [name.as_string(self._connection) for name in (events, erased)]
                self.exist = bool(self._connection.execute(_TABLES, names).fetchall()[0][0])
                self._connection.rollback()
        except BaseException:
            self._connection.close()
            raise
        self._erased = _ERASED.format(erased=erased)
        self._any_event = _ANY_EVENT.format(events=events)
        self._present = _PRESENT.format(events=events)
        self._compared = _COMPARED.format(events=events)

    def find_known(self, lane: duckdb.DuckDBPyConnection, stage: Stage) -> None:
        """Insert into ``loader_known`` the lines of a stage whose ids are in the database."""
        if not self.exist:
            return
        if self._connection.closed:
            self._connection = open_postgres(self._target)
            self._connection.read_only = True
        try:
            if self._connection.execute(self._any_event).rowcount > 0:
                self._compare(lane, stage)
            erased = self._connection.execute(self._erased).fetchall()
            add_erased(lane, stage.events_table, [event_hash for (event_hash,) in erased])
        finally:
            if not self._connection.closed:
                self._connection.rollback()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _compare(self, lane: duckdb.DuckDBPyConnection, stage: Stage) -> None:
        ids = lane.cursor().execute(
            f"select line, event_id::varchar from {stage.events_table} where row is null"
        )
        while rows := ids.fetchmany(_IDS_AT_ONCE):
            found = self._connection.execute(self._present, _columns(rows)).fetchall()
            for start in range(0, len(found), _EVENTS_AT_ONCE):
                lines = [line for (line,) in found[start : start + _EVENTS_AT_ONCE]]
                self._compare_lines(lane, stage, lines)

    def _compare_lines(
        self, lane: duckdb.DuckDBPyConnection, stage: Stage, lines: list[int]
    ) -> None:
        events = lane.execute(
            f"select {_EVENT} from {stage.events_table} "
            "where line in (select unnest(?::bigint[])) and row is null",
            [lines],
        ).fetchall()
        known = self._connection.execute(self._compared, _columns(events)).fetchall()
        lane.execute(
            "insert into loader_known select unnest(?::bigint[]), unnest(?::boolean[])",
            _columns(known),
        )


def _columns(rows: list[psycopg.rows.TupleRow]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
