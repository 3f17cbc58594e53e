"""Files of events to interrupt the loader with, and what they must leave in the raw tables."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.databases import Database

_START = datetime(2024, 1, 1, tzinfo=UTC)

#: An event as it is told from another: id, name, seconds since 1970, user, properties.n as text.
Stored = tuple[str, str, float, str, str]
#: A row that is no event: line, reason, original text.
Refused = tuple[int, str, str]

_EVENTS = """
select
    cast(event_id as varchar), event_name, cast(extract(epoch from event_time) as double precision),
    user_id, properties ->> 'n'
from raw.events
"""
_REJECTED = "select source, line, reason, original_text from raw.rejected_events"


@dataclass(frozen=True)
class Delivery:
    """A file of JSON lines, and what it leaves in empty tables.

    Attributes:
        path: The file.
        events: What raw.events then holds.
        rejected: What raw.rejected_events then holds, without the source.
        rows: How many rows the file has.
    """

    path: Path
    events: frozenset[Stored]
    rejected: frozenset[Refused]
    rows: int

    @property
    def data(self) -> bytes:
        """The file's bytes."""
        return self.path.read_bytes()


@dataclass
class _Lines:
    """Lines on their way into a file, and what becomes of them."""

    texts: list[str] = field(default_factory=list)
    events: dict[str, Stored] = field(default_factory=dict)
    rejected: set[Refused] = field(default_factory=set)

    def add(self, event: dict[str, Any]) -> None:
        self.texts.append(json.dumps(event, separators=(",", ":")))
        self.events.setdefault(event["event_id"], _stored(event))

    def refuse(self, text: str, reason: str) -> None:
        self.texts.append(text)
        self.rejected.add((len(self.texts), reason, text))


def make_events(count: int, seed: int, padding: int = 0) -> list[dict[str, Any]]:
    """Make different events, the same for the same seed; `padding` bytes make each longer."""
    draw = random.Random(seed)  # noqa: S311 (no secret)
    return [
        {
            "event_id": str(uuid.UUID(int=draw.getrandbits(128), version=4)),
            "event_name": draw.choice(["page_viewed", "cart_added", "purchase_completed"]),
            "event_time": (_START + timedelta(seconds=draw.randrange(10**7))).isoformat(),
            "user_id": f"user {draw.randrange(count)}",
            "properties": {"n": str(number), "note": "x" * padding},
        }
        for number in range(count)
    ]


def write_delivery(path: Path, events: Iterable[dict[str, Any]]) -> Delivery:
    """Write events to a file, with a repeated, a conflicting and two invalid rows in each hundred.

    A conflicting row has the id of the row before and other content. How the loader writes it
    down is left to its own tests; here its reason and line count.
    """
    lines = _Lines()
    for number, event in enumerate(events):
        lines.add(event)
        if number % 100 == 20:
            lines.add(event)
        elif number % 100 == 40:
            lines.refuse('{"event_name": "cut o', "not_json")
        elif number % 100 == 60:
            lines.refuse(json.dumps({**event, "user_id": None}), "missing_user_id")
        elif number % 100 == 80:
            lines.refuse(json.dumps({**event, "user_id": "other"}), "conflicting_event_id")
    path.write_text("\n".join(lines.texts) + "\n")
    return Delivery(
        path, frozenset(lines.events.values()), frozenset(lines.rejected), len(lines.texts)
    )


def write_plain_delivery(path: Path, events: Sequence[dict[str, Any]]) -> Delivery:
    """Write events to a file, and nothing else."""
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    return Delivery(path, frozenset(map(_stored, events)), frozenset(), len(events))


def _stored(event: dict[str, Any]) -> Stored:
    return (
        event["event_id"],
        event["event_name"],
        datetime.fromisoformat(event["event_time"]).timestamp(),
        event["user_id"],
        event["properties"]["n"],
    )


def stored_events(database: Database) -> list[Stored]:
    """What raw.events holds."""
    return [(row[0], row[1], row[2], row[3], row[4]) for row in database.query(_EVENTS)]


def is_in(database: Database, delivery: Delivery) -> bool:
    """Tell whether a file is in whole (True) or not at all (False); anything else fails."""
    (events,) = database.query("select count(*) from raw.events")[0]
    (rejected,) = database.query("select count(*) from raw.rejected_events")[0]
    whole = (len(delivery.events), len(delivery.rejected))
    assert (events, rejected) in [(0, 0), whole], "a part of the file is in the raw tables"
    return bool(events)


def assert_exactly(database: Database, *deliveries: tuple[Delivery, str]) -> None:
    """Assert that the raw tables hold these files under these source names, and nothing else."""
    events = stored_events(database)
    assert len(events) == len(set(events)), "an event is in raw.events twice"
    expected: set[Stored] = set()
    expected_rejected: set[tuple[str, int, str]] = set()
    for delivery, source in deliveries:
        expected |= delivery.events
        expected_rejected |= {(source, line, reason) for line, reason, _ in delivery.rejected}
    assert set(events) == expected
    rejected = database.query(_REJECTED)
    found = [(source, line, reason) for source, line, reason, _ in rejected]
    assert len(found) == len(set(found)), "a row is in raw.rejected_events twice"
    assert set(found) == expected_rejected
    texts = {(source, line): text for source, line, _, text in rejected}
    for delivery, source in deliveries:
        for line, reason, text in delivery.rejected:
            if reason != "conflicting_event_id":
                assert texts[source, line] == text
