"""Appending small groups of deliveries: each event is appended, a duplicate or in conflict.

What is in memory already goes in by a few statements of the open transaction, without a stage.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from loader.contract import Event, Rejection
from loader.readers import RejectedRow
from loader.stores.base import conflict, rejected_id, same_object

#: Where an event's own time is kept as it was sent. Two deliveries of an event that agree in it
#: are the same event, although the time corrected by the sender's clock differs.
ORIGINAL_TIME = "$original_timestamp"

APPENDED = "appended"
DUPLICATE = "duplicate"
CONFLICTING = "conflicting"
REJECTED = "rejected"
OUTCOMES = (APPENDED, DUPLICATE, CONFLICTING, REJECTED)


class Judged(Protocol):
    """A row that the contract has judged, and what became of it."""

    result: Event | Rejection
    outcome: str


class Delivery(Protocol):
    """Rows that came together; ``source`` is what rejected ones are recorded under."""

    source: str

    @property
    def items(self) -> Sequence[Judged]:
        """Its rows, in their order."""
        ...

    def rejected_rows(self) -> list[RejectedRow]:
        """Those that are no events, as `raw.rejected_events` keeps them."""
        ...


class DeletedError(Exception):
    """Events were deleted while others of their ids came."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A row for `raw.rejected_events`."""

    source: str
    row: RejectedRow

    @property
    def rejected_id(self) -> uuid.UUID:
        """The same for the same row of the same source."""
        return rejected_id(self.source, self.row)


class Tables(Protocol):
    """The raw tables of one schema, in an open transaction."""

    def insert(self, events: Sequence[Event]) -> set[uuid.UUID]:
        """Append the events whose ids are not there (no id twice in them); the ids of these."""
        ...

    def present(self, ids: Sequence[uuid.UUID]) -> Iterable[tuple[Any, ...]]:
        """Id, name, time (UTC), user and properties as text of the events with these ids."""
        ...

    def record(self, rows: Sequence[Recorded]) -> None:
        """Record rejected rows, unless they are there."""
        ...


def settle(tables: Tables, deliveries: Sequence[Delivery]) -> None:
    """Append the deliveries to the tables of one schema and set the outcome of each item."""
    first: dict[uuid.UUID, Event] = {}
    for delivery in deliveries:
        for item in delivery.items:
            if not isinstance(item.result, Rejection):
                first.setdefault(item.result.event_id, item.result)
    # Sorted by id, so that writers that meet lock rows in the same order.
    appended = tables.insert(sorted(first.values(), key=_number)) if first else set()
    stored = {**first, **_stored(tables, [key for key in first if key not in appended])}
    recorded: list[Recorded] = []
    for delivery in deliveries:
        recorded += [Recorded(delivery.source, row) for row in delivery.rejected_rows()]
        for item in delivery.items:
            event = item.result
            if isinstance(event, Rejection):
                item.outcome = REJECTED
                continue
            if event.event_id in appended and first[event.event_id] is event:
                item.outcome = APPENDED
            elif _same(event, stored[event.event_id]):
                item.outcome = DUPLICATE
            else:
                item.outcome = CONFLICTING
                recorded.append(Recorded(delivery.source, conflict(0, event)))
    if recorded:
        unique = {row.rejected_id: row for row in recorded}
        tables.record([unique[key] for key in sorted(unique)])


def _stored(tables: Tables, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Event]:
    """The events that were there before."""
    found = {row[0]: Event(*row) for row in tables.present(ids)} if ids else {}
    if len(found) < len(ids):
        raise DeletedError
    return found


def _number(event: Event) -> int:
    return event.event_id.int  # in the order of the ids, and compared in less time


def _same(event: Event, there: Event) -> bool:
    """Whether a delivery brings what is there already.

    The time of an event that carries its original one was corrected by the sender's clock, and
    that correction differs from one delivery to the next.
    """
    if event.event_name != there.event_name or event.user_id != there.user_id:
        return False
    properties = json.loads(event.properties)
    if event.event_time != there.event_time and ORIGINAL_TIME not in properties:
        return False
    return same_object(event.properties, there.properties)
