"""What the append pipeline needs of an engine."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import duckdb

from loader.contract import Event
from loader.lane import Leftover, Query
from loader.readers import RejectedRow
from loader.report import EXAMPLES

CONFLICTING = "conflicting_event_id"
_REJECTED_NAMESPACE = uuid.UUID("0b8c5d3e-7a41-5f96-8c2d-6e90b1a4f753")


@dataclass(slots=True)
class Applied:
    """What became of a stage's events; ``examples`` are the first of the conflicting rows."""

    appended: int = 0
    duplicate: int = 0
    conflicting: int = 0
    examples: list[RejectedRow] = field(default_factory=list)

    def add_conflicts(self, rows: Sequence[RejectedRow]) -> None:
        """Count conflicting rows, keeping the first as examples."""
        self.conflicting += len(rows)
        self.examples = (self.examples + list(rows))[:EXAMPLES]


class Stage(Protocol):
    """The rows of one source on their way: checked, and visible to nobody else.

    ``events`` and ``rejected`` count its rows.
    """

    source: str
    events: int
    rejected: int

    def take(self, cursor: duckdb.DuckDBPyConnection, query: Query) -> tuple[Any, list[Leftover]]:
        """Take the rows that the lane lets through; called in worker threads.

        Returns what `write` is then given, and the rows left over, in their order.
        """
        ...

    def write(
        self, taken: Any, events: Sequence[tuple[int, Event]], rejected: Sequence[RejectedRow]
    ) -> None:
        """Add to the stage what was taken (None: nothing), and rows that the contract judged."""
        ...

    def finish(self) -> None:
        """Nothing more comes."""
        ...


class Store(Protocol):
    """An open target. Changes become visible at `commit`, all together, or never."""

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor for the lane, for one thread."""
        ...

    def stage(self, source: str) -> Stage:
        """A new, empty stage for the rows of a source."""
        ...

    def apply(self, stage: Any) -> Applied:
        """Append a stage's new events and record its rejected and conflicting rows."""
        ...

    def commit(self) -> None:
        """Keep what was applied."""
        ...

    def rollback(self) -> None:
        """Drop every stage and what was applied since the last commit."""
        ...

    def close(self) -> None:
        """Drop what was not committed, and close the connection."""
        ...


def rejected_id(source: str, row: RejectedRow) -> uuid.UUID:
    """The id of a rejected row: the same for the same row of the same source."""
    return uuid.uuid5(_REJECTED_NAMESPACE, f"{row.reason}\n{source}\n{row.line}\n{row.text}")


def conflict(line: int, event: Event) -> RejectedRow:
    """The rejected row that records an event whose id stands for another event already."""
    detail = f"event_id {event.event_id} is already there with other content"
    return RejectedRow(line, CONFLICTING, detail, event.as_json())
