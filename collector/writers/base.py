"""What all writers share: which event of a group is new, a duplicate or in conflict."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from collector.intake import APPENDED, CONFLICTING, DUPLICATE, ORIGINAL_TIME, REJECTED, Batch
from collector.tokens import Directory
from loader.contract import Event, Rejection
from loader.readers import RejectedRow
from loader.stores.base import conflict, rejected_id
from loader.strict_json import canonical


class UnavailableError(Exception):
    """The database cannot be reached or used for now; a sentence says why."""


class RefusedError(Exception):
    """The database refuses these very events, which the contract let through."""


class FullError(Exception):
    """A stream had room for the first ``taken`` batches only, which are safe."""

    def __init__(self, taken: int) -> None:
        super().__init__("The stream is full.")
        self.taken = taken


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in a stream: requests, those of them that a drain has, the age of the oldest."""

    entries: int
    pending: int
    oldest_seconds: float
    full: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """A row for `raw.rejected_events`."""

    source: str
    row: RejectedRow

    @property
    def rejected_id(self) -> uuid.UUID:
        """The same for the same row of the same source."""
        return rejected_id(self.source, self.row)


class Writer(Protocol):
    """The one writer of a collector, used by one thread."""

    def open(self) -> None:
        """Make sure that the database can be written to; raises UnavailableError."""
        ...

    def write(self, batches: Sequence[Batch]) -> None:
        """Append all batches in one transaction and set the outcome of each item.

        Returns after the commit. Raises UnavailableError or RefusedError; then nothing was
        appended, or, where the connection broke during the commit, nobody knows. Raises
        FullError where a stream had room for some of the batches only.
        """
        ...

    def directory(self) -> Directory:
        """The tokens and organisations that the database knows; raises UnavailableError."""
        ...

    def stamp(self) -> object:
        """Something else as soon as another program may have changed the directory.

        Called in any thread.
        """
        ...

    def idle(self) -> None:
        """Called about every second in which nothing is to be written."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class Tables(Protocol):
    """The raw tables of one organisation, in an open transaction."""

    def insert(self, events: Sequence[Event]) -> set[uuid.UUID]:
        """Append the events whose ids are not there (no id twice in them); the ids of these."""
        ...

    def present(self, ids: Sequence[uuid.UUID]) -> Iterable[tuple[Any, ...]]:
        """Id, name, time (UTC), user and properties as text of the events with these ids."""
        ...

    def record(self, rows: Sequence[Recorded]) -> None:
        """Record rejected rows, unless they are there."""
        ...


def by_organisation(batches: Sequence[Batch]) -> dict[str | None, list[Batch]]:
    """The batches of each organisation, in their order."""
    found: dict[str | None, list[Batch]] = defaultdict(list)
    for batch in batches:
        found[batch.organisation].append(batch)
    return found


def settle(tables: Tables, batches: Sequence[Batch]) -> None:
    """Append the batches of one organisation and set the outcome of each item."""
    first: dict[uuid.UUID, Event] = {}
    for batch in batches:
        for item in batch.items:
            if not isinstance(item.result, Rejection):
                first.setdefault(item.result.event_id, item.result)
    # Sorted by id, so that writers that meet lock rows in the same order.
    appended = tables.insert(sorted(first.values(), key=_number)) if first else set()
    stored = {**first, **_stored(tables, [key for key in first if key not in appended])}
    recorded: list[Recorded] = []
    for batch in batches:
        recorded += [Recorded(batch.source, row) for row in batch.rejected_rows()]
        for item in batch.items:
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
                recorded.append(Recorded(batch.source, conflict(0, event)))
    if recorded:
        unique = {row.rejected_id: row for row in recorded}
        tables.record([unique[key] for key in sorted(unique)])


def _stored(tables: Tables, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Event]:
    """The events that were there before."""
    found = {row[0]: Event(*row) for row in tables.present(ids)} if ids else {}
    if len(found) < len(ids):
        raise UnavailableError("Events were deleted while others of their ids came.")
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
    if event.properties == there.properties:
        return True
    return canonical(properties, sort_keys=True) == canonical(
        json.loads(there.properties), sort_keys=True
    )
