"""How many rows of a source may be rejected before nothing of it is appended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_LIMIT = re.compile(r"(?P<number>\d+(?:\.\d+)?) ?%|(?P<rows>\d+)", re.ASCII)


@dataclass(frozen=True)
class MaxRejected:
    """A number of rows, or a share of those that were read; ``text`` is how it was given."""

    text: str
    rows: int | None = None
    share: Fraction | None = None

    @classmethod
    def of(cls, text: str) -> MaxRejected:
        """Read ``100``, ``1%`` or ``0.5%``; ValueError for anything else."""
        match = _LIMIT.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is no number of rows and no share, such as 100 or 1%")
        if match["rows"]:
            return cls(text.strip(), rows=int(match["rows"]))
        share = Fraction(match["number"]) / 100
        if share > 1:
            raise ValueError(f"{text!r} is more than all rows")
        return cls(text.strip(), share=share)

    def allows(self, rejected: int, read: int) -> bool:
        """Whether so many of ``read`` rows may be rejected; exactly the limit may."""
        if self.rows is not None:
            return rejected <= self.rows
        return self.share is None or rejected <= self.share * read
