"""Small groups into the raw tables of PostgreSQL, in whatever transaction is open."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import psycopg
from psycopg import sql

from loader.contract import Event
from loader.stores.groups import Recorded


class PostgresTables:
    """The raw tables in one schema."""

    def __init__(self, connection: psycopg.Connection, schema: str) -> None:
        self._connection = connection
        self._names = {
            "events": sql.Identifier(schema, "events"),
            "rejected": sql.Identifier(schema, "rejected_events"),
        }

    def look(self) -> None:
        """Select nothing from both tables."""
        for name in self._names.values():
            self._connection.execute(sql.SQL("select from {} limit 0").format(name))

    def insert(self, events: Sequence[Event]) -> set[uuid.UUID]:
        """Insert in one statement; another loader's same id is waited for."""
        columns = {
            "ids": [event.event_id for event in events],
            "names": [event.event_name for event in events],
            "times": [event.event_time for event in events],
            "users": [event.user_id for event in events],
            "properties": [event.properties for event in events],
        }
        # In binary, arrays take a third of the time of their texts.
        with self._connection.cursor(binary=True) as cursor:
            cursor.execute(_INSERT.format(**self._names), columns)
            if cursor.rowcount == len(events):
                return {event.event_id for event in events}  # reading them would take longer
            return {row[0] for row in cursor.fetchall()}

    def present(self, ids: Sequence[uuid.UUID]) -> list[tuple[object, ...]]:
        """Look the ids up."""
        return self._connection.execute(
            _PRESENT.format(**self._names), {"ids": list(ids)}
        ).fetchall()

    def record(self, rows: Sequence[Recorded]) -> None:
        """Insert in one statement."""
        columns = {
            "ids": [row.rejected_id for row in rows],
            "reasons": [row.row.reason for row in rows],
            "details": [row.row.detail for row in rows],
            "texts": [row.row.text for row in rows],
            "sources": [row.source for row in rows],
        }
        self._connection.execute(_RECORD.format(**self._names), columns)


_INSERT = sql.SQL("""
    insert into {events} (event_id, event_name, event_time, user_id, properties, ingested_at)
    select event_id, event_name, event_time, user_id, properties::jsonb, statement_timestamp()
    from unnest(
        %(ids)b::uuid[], %(names)b::text[], %(times)b::timestamptz[], %(users)b::text[],
        %(properties)b::text[]
    ) as incoming (event_id, event_name, event_time, user_id, properties)
    on conflict do nothing
    returning event_id
""")
_PRESENT = sql.SQL("""
    select event_id, event_name, event_time, user_id, properties::text
    from {events} where event_id = any(%(ids)s)
""")
_RECORD = sql.SQL("""
    insert into {rejected}
    (rejected_id, reason, detail, original_text, source, line, rejected_at)
    select rejected_id, reason, detail, original_text, source, null, statement_timestamp()
    from unnest(
        %(ids)b::uuid[], %(reasons)b::text[], %(details)b::text[], %(texts)b::text[],
        %(sources)b::text[]
    ) as incoming (rejected_id, reason, detail, original_text, source)
    on conflict do nothing
""")
