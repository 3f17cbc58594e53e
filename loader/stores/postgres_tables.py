"""Small groups into the raw tables of PostgreSQL, in whatever transaction is open."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import psycopg
from psycopg import sql

from loader.contract import Event
from loader.stores.groups import OUTCOMES, Delivered, Recorded


class PostgresTables:
    """The raw tables in one schema."""

    def __init__(self, connection: psycopg.Connection, schema: str) -> None:
        self._connection = connection
        self._names = {
            "events": sql.Identifier(schema, "events"),
            "rejected": sql.Identifier(schema, "rejected_events"),
            "deliveries": sql.Identifier(schema, "deliveries"),
            "erased": sql.Identifier(schema, "erased_events"),
        }

    def look(self) -> None:
        """Select nothing from the tables."""
        for name in self._names.values():
            self._connection.execute(sql.SQL("select from {} limit 0").format(name))

    def insert(self, events: Sequence[Event], places: Sequence[int]) -> set[uuid.UUID]:
        """Insert in one statement; another loader's same id is waited for."""
        columns = {
            "ids": [event.event_id for event in events],
            "names": [event.event_name for event in events],
            "times": [event.event_time for event in events],
            "users": [event.user_id for event in events],
            "properties": [event.properties for event in events],
            "places": list(places),
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

    def erased(self, ids: Sequence[uuid.UUID]) -> int:
        """Look the ids up by their hashes."""
        found = self._connection.execute(_ERASED.format(**self._names), {"ids": list(ids)})
        return int(found.fetchall()[0][0])

    def deliver(self, deliveries: Sequence[Delivered]) -> None:
        """Insert in one statement; UniqueViolation where another writer has had such a time."""
        columns: dict[str, list[object]] = {
            "ids": [delivery.delivery_id for delivery in deliveries],
            "sources": [delivery.source for delivery in deliveries],
            "places": [delivery.place for delivery in deliveries],
            "read": [sum(delivery.counts.values()) for delivery in deliveries],
        }
        for outcome in OUTCOMES:
            columns[outcome] = [delivery.counts.get(outcome, 0) for delivery in deliveries]
        self._connection.execute(_DELIVER.format(**self._names), columns)

    def record(self, rows: Sequence[Recorded]) -> None:
        """Insert in one statement."""
        columns = {
            "ids": [row.rejected_id for row in rows],
            "reasons": [row.row.reason for row in rows],
            "details": [row.row.detail for row in rows],
            "texts": [row.row.text for row in rows],
            "sources": [row.source for row in rows],
            "places": [row.place for row in rows],
        }
        self._connection.execute(_RECORD.format(**self._names), columns)


_INSERT = sql.SQL("""
    insert into {events} (event_id, event_name, event_time, user_id, properties, ingested_at)
    select
        event_id, event_name, event_time, user_id, properties::jsonb,
        now() + place * interval '1 microsecond'
    from unnest(
        %(ids)b::uuid[], %(names)b::text[], %(times)b::timestamptz[], %(users)b::text[],
        %(properties)b::text[], %(places)b::bigint[]
    ) as incoming (event_id, event_name, event_time, user_id, properties, place)
    where not exists (
        select from {erased} as erased where erased.event_hash = md5(incoming.event_id::text)
    )
    on conflict do nothing
    returning event_id
""")
_PRESENT = sql.SQL("""
    select event_id, event_name, event_time, user_id, properties::text
    from {events} where event_id = any(%(ids)s)
""")
_ERASED = sql.SQL("""
    select count(*)
    from {erased} where event_hash in (select md5(id::text) from unnest(%(ids)s::uuid[]) as id)
""")
_DELIVER = sql.SQL("""
    insert into {deliveries}
    (delivery_id, source, delivered_at, read, appended, duplicate, conflicting, rejected)
    select
        delivery_id, source, now() + place * interval '1 microsecond',
        read, appended, duplicate, conflicting, rejected
    from unnest(
        %(ids)b::uuid[], %(sources)b::text[], %(places)b::bigint[], %(read)b::bigint[],
        %(appended)b::bigint[], %(duplicate)b::bigint[], %(conflicting)b::bigint[],
        %(rejected)b::bigint[]
    ) as incoming (
        delivery_id, source, place, read, appended, duplicate, conflicting, rejected
    )
""")
_RECORD = sql.SQL("""
    insert into {rejected}
    (rejected_id, reason, detail, original_text, source, line, rejected_at)
    select
        rejected_id, reason, detail, original_text, source, null,
        now() + place * interval '1 microsecond'
    from unnest(
        %(ids)b::uuid[], %(reasons)b::text[], %(details)b::text[], %(texts)b::text[],
        %(sources)b::text[], %(places)b::bigint[]
    ) as incoming (rejected_id, reason, detail, original_text, source, place)
    on conflict do nothing
""")
