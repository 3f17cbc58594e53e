"""Small groups into the raw tables of a DuckDB file, in whatever transaction is open."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from loader.contract import Event
from loader.stores.groups import Recorded

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


class DuckDBTables:
    """The raw tables in one schema, which ``place`` names as SQL does (`Target.place`)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, place: str) -> None:
        self._connection = connection
        self._events = f"{place}.events"
        self._rejected = f"{place}.rejected_events"

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
