"""The sender's clock: how far it is off is what it says when sending, against when that came."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from loader.contract import read_time


def corrected(moment: datetime, sent: datetime | None, received: datetime) -> datetime | None:
    """``moment`` by the receiver's clock; as it is where nobody said when it was sent.

    None where there is no such moment: years end at 1 and 9999.
    """
    if sent is None:
        return moment
    try:
        return received - (sent - moment)
    except OverflowError:
        return None


def sent_at(value: Any) -> datetime | None:
    """When a body says that it was sent; None where it does not, or not readably."""
    return read_time(value)
