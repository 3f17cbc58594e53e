"""Small groups into the raw tables of a DuckDB file, in whatever transaction is open."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from loader.contract import Event
from loader.stores.groups import OUTCOMES, Delivered, Recorded

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def next_delivery_time(connection: duckdb.DuckDBPyConnection, deliveries: str) -> datetime:
    """The time of the open transaction, or the next microsecond that no delivery has (in UTC).

    Only this process writes while it has the file open. A clock that was set back by hours may
    meet times that it has been at before; none are taken from a clock that was ahead by more.
    """
    [(found,)] = connection.execute(
        f"""
        select greatest(now(), max(delivered_at) + interval '1 microsecond')
        from {deliveries}
        where delivered_at between now() - interval '1 minute' and now() + interval '1 day'
        """
    ).fetchall()
    moment: datetime = found.astimezone(UTC)
    return moment


class DuckDBTables:
    """The raw tables in one schema, which ``place`` names as SQL does (`Target.place`)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, place: str) -> None:
        self._connection = connection
        self._events = f"{place}.events"
        self._rejected = f"{place}.rejected_events"
        self._deliveries = f"{place}.deliveries"
        self._erased = f"{place}.erased_events"
        self._first_at: int | None = None

    def look(self) -> None:
        """Select nothing from the tables."""
        for name in (self._events, self._rejected, self._deliveries, self._erased):
            self._connection.execute(f"select 1 from {name} limit 0")

    def insert(self, events: Sequence[Event], places: Sequence[int]) -> set[uuid.UUID]:
        """Insert what is not there: nobody else writes between the look and the insert."""
        appended = self._connection.execute(
            f"""
            insert into {self._events}
            (event_id, event_name, event_time, user_id, properties, ingested_at)
            select
                event_id, event_name, make_timestamptz(event_time), user_id, properties,
                make_timestamptz({self._time()} + place)
            from ({_INCOMING}) as incoming
            where
                not exists (
                    select 1 from {self._events} as present
                    where present.event_id = incoming.event_id
                )
                and not exists (
                    select 1 from {self._erased} as erased
                    where erased.event_hash = md5(cast(incoming.event_id as varchar))
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
                        "place": list(places),
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

    def erased(self, ids: Sequence[uuid.UUID]) -> int:
        """Look the ids up by their hashes."""
        [(count,)] = self._connection.execute(
            f"""
            select count(*) from {self._erased}
            where event_hash in (select md5(unnest(from_json(?, '["VARCHAR"]'))))
            """,
            [json.dumps([str(event_id) for event_id in ids])],
        ).fetchall()
        return int(count)

    def deliver(self, deliveries: Sequence[Delivered]) -> None:
        """Insert in one statement."""
        records = [
            {
                "delivery_id": str(delivery.delivery_id),
                "source": delivery.source,
                "place": delivery.place,
                "read": sum(delivery.counts.values()),
                **{outcome: delivery.counts.get(outcome, 0) for outcome in OUTCOMES},
            }
            for delivery in deliveries
        ]
        self._connection.execute(
            f"""
            insert into {self._deliveries}
            (delivery_id, source, delivered_at, read, {", ".join(OUTCOMES)})
            select
                delivery_id, source, make_timestamptz({self._time()} + place), read,
                {", ".join(OUTCOMES)}
            from (select unnest(from_json(?, '{_DELIVERED}'), recursive := true)) as incoming
            """,
            [_json(records)],
        )

    def _time(self) -> int:
        """When the first delivery of the group counts as appended, in microseconds since 1970."""
        if self._first_at is None:
            moment = next_delivery_time(self._connection, self._deliveries)
            self._first_at = (moment - _EPOCH) // _TICK
        return self._first_at

    def record(self, rows: Sequence[Recorded]) -> None:
        """Insert what is not there."""
        records = [
            {
                "rejected_id": str(row.rejected_id),
                "reason": row.row.reason,
                "detail": row.row.detail,
                "original_text": row.row.text,
                "source": row.source,
                "place": row.place,
            }
            for row in rows
        ]
        self._connection.execute(
            f"""
            insert into {self._rejected}
            (rejected_id, reason, detail, original_text, source, line, rejected_at)
            select
                rejected_id, reason, detail, original_text, source, null,
                make_timestamptz({self._time()} + place)
            from (select unnest(from_json(?, '{_REJECTED}'), recursive := true)) as incoming
            where not exists (
                select 1 from {self._rejected} as present
                where present.rejected_id = incoming.rejected_id
            )
            """,
            [_json(records)],
        )


def _json(value: dict[str, list[Any]] | list[dict[str, Any]]) -> str:
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
    "place": "BIGINT",
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
            "place": "BIGINT",
        }
    ]
)
_DELIVERED = json.dumps(
    [
        {
            "delivery_id": "UUID",
            "source": "VARCHAR",
            "place": "BIGINT",
            "read": "BIGINT",
            **dict.fromkeys(OUTCOMES, "BIGINT"),
        }
    ]
)
