"""Segment's HTTP Tracking API, which the SDKs of RudderStack speak too.

``sentAt`` of a body says when it was sent; `collector.clocks` says what follows for its times.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from collector.clocks import sent_at
from collector.endpoint import Collector
from collector.errors import bad_request, unauthorised
from collector.intake import BUFFERED, Arrival, Batch, Item, Made, message_uuid
from collector.json_parts import Part, UnreadableError, part, read_object
from collector.protocol import Message, Protocol, filled
from loader.contract import Rejection, read_time, time_text
from loader.stores.groups import ORIGINAL_TIME
from loader.strict_json import canonical

_SINGLE = {
    "track": ("track", "t"),
    "identify": ("identify", "i"),
    "page": ("page", "p"),
    "screen": ("screen", "s"),
    "group": ("group", "g"),
    "alias": ("alias", "a"),
}
_BATCH = ("batch", "import", "b")
# Taken over into properties, under names that a sender's own properties are unlikely to have.
_KEPT = {
    "anonymousId": "$anonymous_id",
    "groupId": "$group_id",
    "previousId": "$previous_id",
    "category": "$category",
    "name": "$name",
}
_MERGED = ("context", "integrations")
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
        self._arrival = arrival
        self._kind = kind
        self._clock = arrival.clock(sent_at(envelope.get("sentAt")))
        self._common = {
            name: value for name in _MERGED if isinstance(value := envelope.get(name), dict)
        }

    def row(self, message: dict[str, Any]) -> Made:
        """The row of one message."""
        given_id = _text(filled(message.get("messageId")))
        kind = filled(message.get("type")) or self._kind
        if not isinstance(kind, str) or kind not in _SINGLE:
            return Rejection("unknown_type", "type is none of Segment's"), _shown(given_id)
        event_time = self._time(message)
        if isinstance(event_time, Rejection):
            return event_time, _shown(given_id)
        body = _body(kind, message)
        if body is not None and not isinstance(body, dict):
            detail = "properties (or traits) must be a JSON object"
            return Rejection("properties_not_an_object", detail), _shown(given_id)
        user, anonymous = _text(message.get("userId")), _text(message.get("anonymousId"))
        row = {
            "event_id": self._id(given_id),
            "event_name": message.get("event") if kind == "track" else kind,
            "event_time": event_time,
            "user_id": anonymous if _blank(user) else user,
            "properties": self._properties(kind, message, body or {}, given_id),
        }
        if row["user_id"] == anonymous:
            row["properties"].pop("$anonymous_id", None)
        return row, _shown(given_id)

    def _time(self, message: dict[str, Any]) -> str | Rejection:
        given = _client_time(message)
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

    def _id(self, given: Any) -> Any:
        if given is None:
            return str(uuid.uuid4())
        if not isinstance(given, str) or _is_uuid(given):
            return given
        return str(message_uuid(self._arrival.grant.source, given))

    def _properties(
        self, kind: str, message: dict[str, Any], body: dict[str, Any], given_id: Any
    ) -> dict[str, Any]:
        properties = dict(body)
        for name, kept in _KEPT.items():
            if name in ("name", "category") and kind not in ("page", "screen"):
                continue
            value = filled(message.get(name))
            if value is not None:
                properties[kept] = value
        for name in _MERGED:
            own = message.get(name)
            merged = {**self._common.get(name, {}), **(own if isinstance(own, dict) else {})}
            if merged:
                properties[f"${name}"] = merged
        if isinstance(given_id, str) and not _is_uuid(given_id):
            properties["$message_id"] = given_id
        properties[ORIGINAL_TIME] = _client_time(message)
        return properties


def _body(kind: str, message: dict[str, Any]) -> Any:
    """What a sender says of an event; RudderStack has a user's traits in the context."""
    if kind not in ("identify", "group"):
        return message.get("properties")
    traits, context = message.get("traits"), message.get("context")
    if traits is None and isinstance(context, dict):
        return context.get("traits")
    return traits


def _client_time(message: dict[str, Any]) -> Any:
    """The time that the sender gave an event; RudderStack has a name of its own for it."""
    given = filled(message.get("timestamp"))
    return given if given is not None else filled(message.get("originalTimestamp"))


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


def _text(value: Any) -> Any:
    """Ids may come as numbers; everything else is left to the contract."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return canonical(value)
    return value


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return len(text) == 36


def _shown(given_id: Any) -> str | None:
    return given_id if isinstance(given_id, str) else None


def _refusal(index: int, item: Item) -> dict[str, Any]:
    reason = item.result.reason if isinstance(item.result, Rejection) else "conflicting_event_id"
    return {"index": index, "messageId": item.given_id, "reason": reason}
