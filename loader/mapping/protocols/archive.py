"""Archives of messages: what the collector would have made of each, had it come over HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from loader.field_names import json_text
from loader.mapping.protocols import posthog, segment
from loader.mapping.protocols.common import filled
from loader.refusals import Rejection


class TimeReader(Protocol):
    """Reads times as they are written; see `loader.mapping.clock.Clock`."""

    def text(self, value: Any, notes: Counter[str]) -> Any:
        """The time as the contract takes it."""
        ...


RowOf = Callable[[dict[str, Any], str, TimeReader, "Counter[str]"], "Mapping[str, Any] | Rejection"]


@dataclass(frozen=True)
class ArchiveOf:
    """A protocol's archive.

    ``row`` makes the row of a message, its source, how times are read, and what is counted;
    ``read`` are the keys that something is taken from, ``needed`` those that each message has.
    """

    row: RowOf
    read: frozenset[str]
    needed: tuple[str, ...]


def _segment(
    message: dict[str, Any], source: str, times: TimeReader, notes: Counter[str]
) -> Mapping[str, Any] | Rejection:
    """A message of Segment or RudderStack; tables hold objects as texts."""
    for name in ("properties", "traits", "context", "integrations"):
        value = message.get(name)
        if isinstance(value, str) and (found := json_text(value)) is not None:
            message = {**message, name: found}

    def time(given: dict[str, Any]) -> Any:
        # An archive's times are corrected already; without one there is the time of arrival.
        value = segment.client_time(given)
        return times.text(filled(given.get("receivedAt")) if value is None else value, notes)

    return segment.Messages(time, source).row(message)[0]


def _posthog(
    event: dict[str, Any], source: str, times: TimeReader, notes: Counter[str]
) -> Mapping[str, Any] | Rejection:
    del source

    def time(given: dict[str, Any], properties: dict[str, Any]) -> Any:
        del properties
        if isinstance(given.get("offset"), int | float):
            detail = "an offset says nothing without the time of sending"
            return Rejection("invalid_event_time", detail)
        return times.text(filled(given.get("timestamp")), notes)

    # A project's key in the properties is no property, whichever it is.
    return posthog.Events(time, lambda token: isinstance(token, str)).row(event)[0]


ARCHIVES: Mapping[str, ArchiveOf] = {
    "segment": ArchiveOf(_segment, segment.READ | {"receivedAt"}, ("type",)),
    "posthog": ArchiveOf(_posthog, posthog.READ, ("event",)),
}
