"""The closing report of a run: what was read, and what became of every row of it."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from loader.contract import Event, time_text
from loader.errors import LoaderError, UnconfirmedError
from loader.field_use import shown
from loader.readers import RejectedRow

#: How many offending rows a message lists.
EXAMPLES = 10
#: The reason under which conflicting rows are recorded.
CONFLICTING = "conflicting_event_id"
#: What was decided about values of events.
DECIDED = {
    "not_finite": "numbers that were NaN or infinite are null",
    "ambiguous_time": "local times came twice, at a change of clocks; the first is meant",
    "skipped_time": "local times do not exist, at a change of clocks; read by the clock before it",
}
_TEXT = 1000


@dataclass(slots=True)
class FileReport:
    """One source. ``error`` says why nothing of it was appended.

    Then all counts are 0, unless it is for its rows that none could be appended, or in a dry run.
    Where it is ``unconfirmed``, the server was lost at the commit: all may be there, or none.

    ``first_rejected`` has the first row of each reason, ``unread`` the names of columns or keys
    from which nothing was taken, ``keeping`` what would keep them, and ``doubtful_users`` the
    events of users who look like nobody.
    ``delivery_id`` names it in `raw.deliveries`, to be withdrawn.
    ``notes`` are sentences, without a full stop, on what may be wrong though it was read;
    ``decided`` counts by `DECIDED` values of which something had to be decided. Where
    ``takes_nulls``, an option can say which texts are no value.
    ``sources`` are the keys that each field was taken from, and ``first_events``, in a dry run
    only, events as they would be stored, with their lines.
    """

    source: str
    appended: int = 0
    duplicate: int = 0
    conflicting: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    read: int = 0
    error: str | None = None
    unconfirmed: bool = False
    first_rejected: dict[str, RejectedRow] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    keeping: str = ""
    delivery_id: uuid.UUID | None = field(default=None, compare=False)
    doubtful_users: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    decided: Counter[str] = field(default_factory=Counter)
    takes_nulls: bool = False
    sources: dict[str, list[str]] = field(default_factory=dict, compare=False)
    first_events: list[tuple[int, Event]] = field(default_factory=list)

    @classmethod
    def of_failure(cls, source: str, error: LoaderError) -> FileReport:
        """The report on a source that could not be appended."""
        return cls(source, error=error.message, unconfirmed=isinstance(error, UnconfirmedError))

    def close(self) -> None:
        """Say so if no row could be appended; AssertionError unless all are accounted for."""
        total = self.appended + self.duplicate + self.conflicting + self.rejected.total()
        if self.read != total:
            raise AssertionError(f"{self.source}: read {self.read} rows, accounted for {total}")
        if self.read and not self.appended + self.duplicate and self.error is None:
            rows = "Its only row is" if self.read == 1 else f"All of its {self.read:,} rows are"
            self.error = f"{rows} rejected: {self.reasons()}."

    def reasons(self) -> str:
        """How many rows were not taken for which reason, the most frequent first."""
        counts = self.rejected + Counter({CONFLICTING: self.conflicting})
        return ", ".join(f"{reason} {rows:,}" for reason, rows in by_reason(counts).items())

    def as_dict(self, *, dry_run: bool) -> dict[str, Any]:
        """The report as JSON."""
        unread, more = shown(self.unread)
        report: dict[str, Any] = {
            "source": self.source,
            "delivery_id": None if self.delivery_id is None else str(self.delivery_id),
            "read": self.read,
            "appended": self.appended,
            "duplicate": self.duplicate,
            "conflicting": self.conflicting,
            "rejected": self.rejected.total(),
            "rejected_by_reason": by_reason(self.rejected),
            "first_rejected": {
                reason: {"line": row.line, "detail": row.detail, "text": row.text[:_TEXT]}
                for reason, row in self.first_rejected.items()
            },
            "unread": unread,
            "unread_more": more,
            "doubtful_users": self.doubtful_users,
            "notes": self.notes,
            "decided": by_reason(self.decided),
            "error": self.error,
        }
        if dry_run:
            report["fields"] = self.sources
            report["first_events"] = [
                {"line": line, **_event(event)} for line, event in self.first_events
            ]
        return report


@dataclass(slots=True)
class AppendReport:
    """A whole run, file by file; ``seconds`` is its duration.

    In a dry run the counts are those of a real one. ``without_tables`` says of which database it
    was found that it has no raw tables yet.
    """

    files: list[FileReport] = field(default_factory=list)
    seconds: float = 0.0
    #: With --strict, how many rows kept everything from being appended.
    refused: int = 0
    #: The first rows that kept something from being appended, with their sources.
    offending: list[tuple[str, RejectedRow]] = field(default_factory=list)
    dry_run: bool = False
    without_tables: str | None = None
    #: Sentences without a full stop on what was not read.
    notes: list[str] = field(default_factory=list)

    @property
    def read(self) -> int:
        """Rows read; blank lines are none."""
        return sum(file.read for file in self.files)

    @property
    def appended(self) -> int:
        """Events that are new in raw.events."""
        return sum(file.appended for file in self.files)

    @property
    def duplicate(self) -> int:
        """Events that were there already, the same."""
        return sum(file.duplicate for file in self.files)

    @property
    def conflicting(self) -> int:
        """Events whose id was there already, with other content."""
        return sum(file.conflicting for file in self.files)

    @property
    def rejected(self) -> Counter[str]:
        """Rows that are no events, by reason; without the conflicting ones."""
        return sum((file.rejected for file in self.files), Counter())

    @property
    def decided(self) -> Counter[str]:
        """Of how many values something was decided that people should know: see `DECIDED`."""
        return sum((file.decided for file in self.files), Counter())

    @property
    def failed(self) -> list[FileReport]:
        """The files of which nothing was appended because of an error or of their rows."""
        return [file for file in self.files if file.error is not None]

    @property
    def rows_per_second(self) -> int:
        """Rows read in a second."""
        return round(self.read / self.seconds) if self.seconds > 0 else 0

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON, in total and for each file."""
        return {
            "dry_run": self.dry_run,
            "read": self.read,
            "appended": self.appended,
            "duplicate": self.duplicate,
            "conflicting": self.conflicting,
            "rejected": self.rejected.total(),
            "rejected_by_reason": by_reason(self.rejected),
            "seconds": round(self.seconds, 3),
            "rows_per_second": self.rows_per_second,
            "notes": self.notes,
            "decided": by_reason(self.decided),
            "files": [file.as_dict(dry_run=self.dry_run) for file in self.files],
        }


def by_reason(counts: Counter[str]) -> dict[str, int]:
    """Most frequent first; alike frequent ones by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _event(event: Event) -> dict[str, Any]:
    return {
        "event_id": str(event.event_id),
        "event_name": event.event_name,
        "event_time": time_text(event.event_time),
        "user_id": event.user_id,
        "properties": json.loads(event.properties),
    }
