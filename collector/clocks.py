"""The sender's clock against ours: what a request says about when it was sent, and when it came.

The two differ by how far the clock is off, and by how long the request was on its way; nobody can
tell these apart. Up to the tolerance the difference is taken for the way: times stay as they were
sent, since moving each delivery by the length of its own way would change the order in which a
user did things. Beyond it the clock is taken to be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from loader.contract import read_time


@dataclass(frozen=True, slots=True)
class Clock:
    """The sender's clock in one request, the same for all events of it.

    ``behind`` is how far it is behind ours; ``sent`` is when the request was sent, by ours.
    """

    behind: timedelta
    sent: datetime

    def corrected(self, moment: datetime) -> datetime | None:
        """``moment`` by our clock; None where there is none such: years end at 1 and 9999."""
        try:
            return moment + self.behind
        except OverflowError:
            return None


def clock(sent: datetime | None, received: datetime, tolerance: float) -> Clock:
    """The clock of a sender that says ``sent``, or nothing; ``tolerance`` is in seconds.

    When a request was sent, by our clock, is what the sender says within the tolerance, the edge
    included; else no more is known than that it came at ``received``.
    """
    if sent is None:
        return Clock(timedelta(), received)
    behind = received - sent
    if abs(behind).total_seconds() <= tolerance:
        return Clock(timedelta(), sent)
    return Clock(behind, received)


def sent_at(value: Any) -> datetime | None:
    """When a body says that it was sent; None where it does not, or not readably."""
    return read_time(value)
