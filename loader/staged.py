"""A source whose rows are in its stage, before anything is decided about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from loader.contract import Event
from loader.limits import MaxRejected
from loader.readers import RejectedRow
from loader.report import EXAMPLES, FileReport
from loader.stores import Applied, Stage


@dataclass(slots=True)
class Staged:
    """Its report so far and its stage; ``examples`` are the first rejected or conflicting rows."""

    report: FileReport
    stage: Stage
    examples: list[RejectedRow] = field(default_factory=list)
    _applied: Applied | None = None

    def write(
        self, taken: int, events: Sequence[tuple[int, Event]], rejected: Sequence[RejectedRow]
    ) -> None:
        """Write rows to the stage and count them."""
        self.stage.write(taken, events, rejected)
        self.report.rejected.update(row.reason for row in rejected)
        for row in rejected:
            self.report.first_rejected.setdefault(row.reason, row)
        if len(self.examples) < EXAMPLES:
            self.examples = [*self.examples, *rejected][:EXAMPLES]

    def finish(self) -> None:
        """Count what was read."""
        self.report.read = self.stage.events + self.stage.rejected

    def count(self, applied: Applied) -> None:
        """Take over what became of the events."""
        self._applied = applied
        self.report.delivery_id = applied.delivery_id
        self.report.conflicting = applied.conflicting
        self.settle()
        for row in applied.examples[:1]:
            self.report.first_rejected[row.reason] = row
        self.examples = [*self.examples, *applied.examples][:EXAMPLES]

    def settle(self) -> None:
        """Take over counts again that a commit may have changed."""
        if self._applied is not None:
            self.report.appended = self._applied.appended
            self.report.duplicate = self._applied.duplicate

    def refusal(self, limit: MaxRejected | None) -> str | None:
        """Why nothing of the source may be appended, as far as is known; None if it may."""
        report = self.report
        rejected = report.rejected.total() + report.conflicting
        if limit is None or limit.allows(rejected, report.read):
            return None
        return (
            f"{rejected:,} of {report.read:,} rows are rejected or conflict ({report.reasons()}), "
            f"and --max-rejected {limit.text} allows no more. Mend them, or raise the limit."
        )
