"""Appending small groups of deliveries: each event is appended, a duplicate or in conflict.

What is in memory already goes in by a few statements of the open transaction, without a stage.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from loader.contract import Event, Rejection
from loader.mapping.protocols import ORIGINAL_TIME
from loader.readers import RejectedRow
from loader.stores.base import conflict, rejected_id, same_object

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
    """Events were withdrawn while others of their ids came."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A row for `raw.rejected_events`, of the delivery at that place among those of the group."""

    source: str
    row: RejectedRow
    place: int

    @property
    def rejected_id(self) -> uuid.UUID:
        """The same for the same row of the same source."""
        return rejected_id(self.source, self.row)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A row for `raw.deliveries`: the delivery at that place, and how many items it had in all."""

    place: int
    source: str
    counts: Mapping[str, int]
    delivery_id: uuid.UUID = field(default_factory=uuid.uuid4)


class Tables(Protocol):
    """The raw tables of one schema, in an open transaction.

    The deliveries of a group are a microsecond apart, in their places, so that each row knows its
    own by the time.
    """

    def insert(self, events: Sequence[Event], places: Sequence[int]) -> set[uuid.UUID]:
        """Append the events whose ids are not there (no id twice in them); the ids of these.

        What was erased lately counts as there.
        """
        ...

    def present(self, ids: Sequence[uuid.UUID]) -> Iterable[tuple[Any, ...]]:
        """Id, name, time (UTC), user and properties as text of the events with these ids."""
        ...

    def erased(self, ids: Sequence[uuid.UUID]) -> int:
        """How many of these ids were erased lately."""
        ...

    def record(self, rows: Sequence[Recorded]) -> None:
        """Record rejected rows, unless they are there."""
        ...

    def deliver(self, deliveries: Sequence[Delivered]) -> None:
        """Record deliveries."""
        ...


def settle(tables: Tables, deliveries: Sequence[Delivery]) -> None:
    """Append the deliveries to the tables of one schema and set the outcome of each item."""
    first: dict[uuid.UUID, Event] = {}
    places: dict[uuid.UUID, int] = {}
    for place, delivery in enumerate(deliveries):
        for item in delivery.items:
            if not isinstance(item.result, Rejection) and item.result.event_id not in first:
                first[item.result.event_id] = item.result
                places[item.result.event_id] = place
    # Sorted by id, so that writers that meet lock rows in the same order.
    events = sorted(first.values(), key=_number)
    appended = tables.insert(events, [places[e.event_id] for e in events]) if events else set()
    stored = {**first, **_stored(tables, [key for key in first if key not in appended])}
    recorded: list[Recorded] = []
    for place, delivery in enumerate(deliveries):
        recorded += [Recorded(delivery.source, row, place) for row in delivery.rejected_rows()]
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
                recorded.append(Recorded(delivery.source, conflict(0, event), place))
    if recorded:
        unique = {row.rejected_id: row for row in reversed(recorded)}  # the first one counts
        tables.record([unique[key] for key in sorted(unique)])
    tables.deliver(
        [
            Delivered(place, delivery.source, Counter(item.outcome for item in delivery.items))
            for place, delivery in enumerate(deliveries)
            if delivery.items
        ]
    )


def _stored(tables: Tables, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Event]:
    """The events that were there before, without those that were erased."""
    found = {row[0]: Event(*row) for row in tables.present(ids)} if ids else {}
    missing = [event_id for event_id in ids if event_id not in found]
    if missing and tables.erased(missing) < len(missing):
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
