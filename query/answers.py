"""Answers that are kept while the data stay as they are, and asked for once at a time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from query.databases.base import State


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question is answered with, and the state of the data that it is of."""

    content: bytes
    media_type: str
    state: State
    headers: Mapping[str, str] = field(default_factory=dict)


class Answers:
    """The latest answers, up to a number of bytes; 0 keeps none."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[str, Answer] = OrderedDict()

    def get(self, key: str) -> Answer | None:
        """The answer, if it is still there."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: str, answer: Answer) -> None:
        """Keep it, in place of those that nobody has asked for the longest."""
        before = self._kept.pop(key, None)
        self._bytes += len(answer.content) - (len(before.content) if before else 0)
        self._kept[key] = answer
        while self._bytes > self._most_bytes and self._kept:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped.content)


class Flights:
    """Questions that are being answered: who asks the same meanwhile waits for the same answer."""

    def __init__(self) -> None:
        self._flights: dict[str, _Flight] = {}

    async def join(self, key: str, compute: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer; what computes it is cancelled once nobody waits for it any more."""
        flight = self._flights.get(key)
        if flight is None:
            flight = _Flight(asyncio.ensure_future(compute()))
            self._flights[key] = flight
            flight.running.add_done_callback(lambda _: self._land(key, flight))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.running)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.running.done():
                self._flights.pop(key, None)
                flight.running.cancel()

    def _land(self, key: str, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if not flight.running.cancelled():
            flight.running.exception()  # whoever waits has it, too


@dataclass(slots=True)
class _Flight:
    """A question that is being answered, and how many wait."""

    running: asyncio.Future[Answer]
    waiting: int = 0
