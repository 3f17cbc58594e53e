"""What becomes of rows, whichever the engine: counts, and rows that are recorded as rejected."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from loader.contract import Event
from loader.readers import RejectedRow
from loader.report import CONFLICTING, EXAMPLES
from loader.strict_json import canonical

#: Stages know an event by its line: of several events of one row, those after the first are known
#: by the line and a multiple of this.
LINES = 1 << 40
_REJECTED_NAMESPACE = uuid.UUID("0b8c5d3e-7a41-5f96-8c2d-6e90b1a4f753")


@dataclass(slots=True)
class Applied:
    """What became of a stage's events; ``examples`` are the first of the conflicting rows.

    ``delivery_id`` names it in `raw.deliveries`; None where there was no row at all.
    """

    delivery_id: uuid.UUID | None = None
    appended: int = 0
    duplicate: int = 0
    conflicting: int = 0
    examples: list[RejectedRow] = field(default_factory=list)

    def add_conflicts(self, rows: Sequence[RejectedRow]) -> None:
        """Count conflicting rows, keeping the first as examples."""
        self.conflicting += len(rows)
        self.examples = (self.examples + list(rows))[:EXAMPLES]


def rejected_id(source: str, row: RejectedRow) -> uuid.UUID:
    """The id of a rejected row: the same for the same row of the same source."""
    return uuid.uuid5(_REJECTED_NAMESPACE, f"{row.reason}\n{source}\n{row.line}\n{row.text}")


def conflict(line: int, event: Event) -> RejectedRow:
    """The rejected row that records an event whose id stands for another event already."""
    detail = f"event_id {event.event_id} is already there with other content"
    return RejectedRow(line % LINES, CONFLICTING, detail, event.as_json())


def same_object(one: str, other: str) -> bool:
    """Whether two texts of JSON objects differ in nothing but the order of keys."""
    return one == other or canonical(json.loads(one), sort_keys=True) == canonical(
        json.loads(other), sort_keys=True
    )
