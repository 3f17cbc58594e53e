"""``POST /v1/events``: one event, an array of events, or one event on each line."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from collector.intake import Arrival, Batch, Item
from collector.json_parts import part, read_array
from collector.protocol import Message
from loader.contract import Rejection
from loader.mapping.protocols import Made

_LINES = ("ndjson", "jsonl", "json-lines", "jsonlines")


class Native:
    """Events in the shape that `loader append` reads."""

    browser = False
    volatile: tuple[str, ...] = ()

    def read(self, request: Request, text: str) -> Message:
        """An array, or lines; a text of several lines that is one event is one event."""
        says_lines = _says_lines(request)
        if not says_lines and text.lstrip()[:1] == "[":
            return Message(read_array(text))
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) > 1 and not says_lines and not _are_events(lines):
            lines = [text]
        return Message([part(line.strip(" \t\r\n")) for line in lines])

    def items(self, request: Request, message: Message, arrival: Arrival) -> list[Item]:
        """The contract knows the names of the fields."""
        del request
        return arrival.items(message.parts, _as_it_is)

    def answer(self, batch: Batch) -> dict[str, Any]:
        """What became of each event, in the order in which they came."""
        results = [_result(index, item) for index, item in enumerate(batch.items)]
        return {**batch.counts(), "results": results}


def _as_it_is(value: dict[str, Any]) -> Made:
    return value, None


def _says_lines(request: Request) -> bool:
    kind = request.headers.get("content-type", "").lower()
    return any(mark in kind for mark in _LINES)


def _are_events(lines: list[str]) -> bool:
    """Whether each line is an event, and not all together one."""
    return lines[0].rstrip().endswith("}") and lines[1].lstrip().startswith("{")


def _result(index: int, item: Item) -> dict[str, Any]:
    if isinstance(item.result, Rejection):
        return {
            "index": index,
            "outcome": item.outcome,
            "reason": item.result.reason,
            "detail": item.result.detail,
        }
    return {"index": index, "outcome": item.outcome, "event_id": str(item.result.event_id)}
