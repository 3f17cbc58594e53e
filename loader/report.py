"""The closing report of a run: what was read, and what became of every row of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from loader.errors import LoaderError, UnconfirmedError
from loader.readers import RejectedRow

#: How many offending rows a message lists.
EXAMPLES = 10


@dataclass(slots=True)
class FileReport:
    """One source. ``error`` says why nothing of it was appended; then all counts are 0.

    Where it is ``unconfirmed``, the server was lost at the commit: all may be there, or none.
    """

    source: str
    appended: int = 0
    duplicate: int = 0
    conflicting: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    read: int = 0
    error: str | None = None
    unconfirmed: bool = False

    @classmethod
    def of_failure(cls, source: str, error: LoaderError) -> FileReport:
        """The report on a source that could not be appended."""
        return cls(source, error=error.message, unconfirmed=isinstance(error, UnconfirmedError))

    def check(self) -> None:
        """Raise AssertionError unless every row that was read is accounted for."""
        total = self.appended + self.duplicate + self.conflicting + self.rejected.total()
        if self.read != total:
            raise AssertionError(f"{self.source}: read {self.read} rows, accounted for {total}")


@dataclass(slots=True)
class AppendReport:
    """A whole run, file by file; ``seconds`` is its duration."""

    files: list[FileReport] = field(default_factory=list)
    seconds: float = 0.0
    #: With --strict, how many rows kept everything from being appended, and the first of them
    #: with their sources.
    refused: int = 0
    offending: list[tuple[str, RejectedRow]] = field(default_factory=list)

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
    def failed(self) -> list[FileReport]:
        """The files of which nothing was appended because of an error."""
        return [file for file in self.files if file.error is not None]

    @property
    def rows_per_second(self) -> int:
        """Rows read in a second."""
        return round(self.read / self.seconds) if self.seconds > 0 else 0

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON, in total and for each file."""
        return {
            "read": self.read,
            "appended": self.appended,
            "duplicate": self.duplicate,
            "conflicting": self.conflicting,
            "rejected": self.rejected.total(),
            "rejected_by_reason": _by_reason(self.rejected),
            "seconds": round(self.seconds, 3),
            "rows_per_second": self.rows_per_second,
            "files": [
                {
                    "source": file.source,
                    "read": file.read,
                    "appended": file.appended,
                    "duplicate": file.duplicate,
                    "conflicting": file.conflicting,
                    "rejected": file.rejected.total(),
                    "rejected_by_reason": _by_reason(file.rejected),
                    "error": file.error,
                }
                for file in self.files
            ],
        }

    def as_text(self) -> str:
        """The report for people, in one line and one more for what was rejected."""
        text = (
            f"Read {self.read:,}: appended {self.appended:,}, duplicate {self.duplicate:,}, "
            f"conflicting {self.conflicting:,}, rejected {self.rejected.total():,} "
            f"in {self.seconds:.1f} s ({self.rows_per_second:,} rows/s)."
        )
        if self.rejected:
            reasons = ", ".join(f"{key} {n:,}" for key, n in _by_reason(self.rejected).items())
            text += f"\nRejected: {reasons}. See them with: loader rejects"
        return text


def _by_reason(counts: Counter[str]) -> dict[str, int]:
    """Most frequent first; alike frequent ones by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
