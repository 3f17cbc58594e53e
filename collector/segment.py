"""Segment's HTTP Tracking API, which the SDKs of RudderStack speak too.

``sentAt`` of a body says when it was sent; `collector.clocks` says what follows for its times.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from collector.clocks import sent_at
from collector.endpoint import Collector
from collector.intake import BUFFERED, Arrival, Batch, Item, with_an_id
from collector.json_parts import Part, UnreadableError, part, read_object
from collector.protocol import Message, Protocol
from loader.contract import Rejection, read_time, time_text
from loader.mapping.protocols import Made, filled
from loader.mapping.protocols.segment import MERGED, Messages, client_time
from serving.errors import bad_request, unauthorised

_SINGLE = {
    "track": ("track", "t"),
    "identify": ("identify", "i"),
    "page": ("page", "p"),
    "screen": ("screen", "s"),
    "group": ("group", "g"),
    "alias": ("alias", "a"),
}
_BATCH = ("batch", "import", "b")
# Deep enough for the contract, which counts properties from the outside of an event.
_DEPTH = 62


def routes(collector: Collector) -> list[Route]:
    """All routes of the protocol, with and without a slash at the end."""
    found: list[tuple[str, Protocol]] = []
    for kind, names in _SINGLE.items():
        found += [(name, Single(kind)) for name in names]
    found += [(name, Batched()) for name in _BATCH]
    return [
        Route(path, collector.endpoint(f"/v1/{name}", protocol), methods=["POST"])
        for name, protocol in found
        for path in (f"/v1/{name}", f"/v1/{name}/")
    ]


class _Segment:
    """What a batch and a single call share."""

    # Segment's browser SDK sends an event again after 429.
    browser = False
    volatile: tuple[str, ...] = ("sentAt", "writeKey", "_metadata")
    kind: str | None = None

    def items(self, request: Request, message: Message, arrival: Arrival) -> list[Item]:
        """Messages as rows."""
        del request
        reader = _Reader(arrival, message.envelope, self.kind)
        return arrival.items(message.parts, reader.row)

    def answer(self, batch: Batch) -> dict[str, Any]:
        """Success, which is all that the SDKs look for, and what became of the events."""
        counts = batch.counts()
        return {
            "success": True,
            "accepted": counts["appended"] + counts.get(BUFFERED, 0),
            "duplicates": counts["duplicate"],
            "without_message_id": sum(
                item.given_id is None and not isinstance(item.result, Rejection)
                for item in batch.items
            ),
            "rejected": [_refusal(index, item) for index, item in enumerate(batch.items)
                         if item.outcome in ("rejected", "conflicting")],
        }  # fmt: skip


class Batched(_Segment):
    """``/v1/batch``: messages and what they have in common."""

    def read(self, request: Request, text: str) -> Message:
        """The messages of ``batch``."""
        del request
        envelope = read_object(text, "batch", _DEPTH)
        if not isinstance(envelope.get("batch"), list):
            raise bad_request("unreadable_body", "The body holds no array called batch.")
        parts: list[Part] = envelope.pop("batch")
        return Message(parts, envelope, _write_key(envelope, parts))


class Single(_Segment):
    """``/v1/track`` and the like: one message."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def read(self, request: Request, text: str) -> Message:
        """The body is the message."""
        del request
        if text.strip()[:1] != "{":
            raise UnreadableError("a JSON object was expected")
        found = part(text.strip(), _DEPTH)
        value = found.leniently()
        if not isinstance(value, dict):
            raise UnreadableError("the text is no JSON object")
        return Message([found], {"sentAt": value.get("sentAt")}, _write_key({}, [found]))


class _Reader:
    """Makes rows of the messages of one request."""

    def __init__(self, arrival: Arrival, envelope: dict[str, Any], kind: str | None) -> None:
        self._clock = arrival.clock(sent_at(envelope.get("sentAt")))
        common = {name: value for name in MERGED if isinstance(value := envelope.get(name), dict)}
        self._messages = Messages(self._time, arrival.grant.source, kind, common)

    def row(self, message: dict[str, Any]) -> Made:
        """The row of one message; one without an id gets one, so sent again it is another."""
        return with_an_id(self._messages.row(message))

    def _time(self, message: dict[str, Any]) -> str | Rejection:
        given = client_time(message)
        if given is None:
            return time_text(self._clock.sent)
        moment = read_time(given)
        if moment is None:
            return str(given)  # the contract says what is wrong with it
        # A time that was set by hand beside RudderStack's own stays as it was set.
        explicit = filled(message.get("timestamp")) is not None
        if explicit and filled(message.get("originalTimestamp")):
            return time_text(moment)
        return _or_rejected(self._clock.corrected(moment), given)


def _or_rejected(moment: datetime | None, given: Any) -> str | Rejection:
    if moment is None:
        return Rejection("invalid_event_time", f"{given!r} is out of range, once corrected")
    return time_text(moment)


def _write_key(envelope: dict[str, Any], parts: list[Part]) -> str | None:
    """The key in the body, else the one that the messages agree on."""
    key = filled(envelope.get("writeKey"))
    if isinstance(key, str):
        return key
    values = [found.leniently() for found in parts]
    keys = {
        value["writeKey"]
        for value in values
        if isinstance(value, dict) and isinstance(filled(value.get("writeKey")), str)
    }
    if len(keys) > 1:
        raise unauthorised("The messages name different write keys.")
    return keys.pop() if keys else None


def _refusal(index: int, item: Item) -> dict[str, Any]:
    reason = item.result.reason if isinstance(item.result, Rejection) else "conflicting_event_id"
    return {"index": index, "messageId": item.given_id, "reason": reason}
