"""What the protocols have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from loader.refusals import Rejection

#: Where an event's own time is kept as it was sent. Two deliveries of an event that agree in it
#: are the same event, although the time corrected by the sender's clock differs.
ORIGINAL_TIME = "$original_timestamp"

#: What a protocol makes of one event: the row that the contract judges, and the id as it was sent.
Made = tuple[Mapping[str, Any] | Rejection, str | None]

#: The time of a message as the contract takes it; None where it has none.
TimeOf = Callable[[dict[str, Any]], Any]


def filled(value: Any) -> Any:
    """The value, or None where it is an empty text."""
    return None if value == "" else value
