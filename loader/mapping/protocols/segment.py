"""Messages of Segment's tracking API, which RudderStack's SDKs speak too."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loader.ids import message_uuid
from loader.mapping.protocols.common import ORIGINAL_TIME, Made, TimeOf, filled
from loader.refusals import Rejection
from loader.strict_json import canonical

KINDS = ("track", "identify", "page", "screen", "group", "alias")
#: What a batch says for all its messages.
MERGED = ("context", "integrations")
#: The keys of a message that something is taken from.
READ = frozenset(
    {"type", "messageId", "event", "userId", "anonymousId", "groupId", "previousId", "category"}
    | {"name", "properties", "traits", "timestamp", "originalTimestamp", *MERGED}
)
# Taken over into properties, under names that a sender's own properties are unlikely to have.
_KEPT = {
    "anonymousId": "$anonymous_id",
    "groupId": "$group_id",
    "previousId": "$previous_id",
    "category": "$category",
    "name": "$name",
}


@dataclass(frozen=True)
class Messages:
    """Makes rows of messages.

    ``time`` makes out when a message happened. ``source`` says whose message ids they are.
    ``kind`` is the type of a message that names none, ``common`` what all have of `MERGED`.
    """

    time: TimeOf
    source: str
    kind: str | None = None
    common: Mapping[str, dict[str, Any]] = field(default_factory=dict)

    def row(self, message: dict[str, Any]) -> Made:
        """The row of one message; without a message id it has no event id."""
        given_id = text(filled(message.get("messageId")))
        kind = filled(message.get("type")) or self.kind
        if not isinstance(kind, str) or kind not in KINDS:
            return Rejection("unknown_type", "type is none of Segment's"), _shown(given_id)
        event_time = self.time(message)
        if isinstance(event_time, Rejection):
            return event_time, _shown(given_id)
        body = _body(kind, message)
        if body is not None and not isinstance(body, dict):
            detail = "properties (or traits) must be a JSON object"
            return Rejection("properties_not_an_object", detail), _shown(given_id)
        user, anonymous = text(message.get("userId")), text(message.get("anonymousId"))
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

    def _id(self, given: Any) -> Any:
        if not isinstance(given, str) or is_uuid(given):
            return given
        return str(message_uuid(self.source, given))

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
        for name in MERGED:
            own = message.get(name)
            merged = {**self.common.get(name, {}), **(own if isinstance(own, dict) else {})}
            if merged:
                properties[f"${name}"] = merged
        if isinstance(given_id, str) and not is_uuid(given_id):
            properties["$message_id"] = given_id
        properties[ORIGINAL_TIME] = client_time(message)
        return properties


def client_time(message: dict[str, Any]) -> Any:
    """The time that the sender gave an event; RudderStack has a name of its own for it."""
    given = filled(message.get("timestamp"))
    return given if given is not None else filled(message.get("originalTimestamp"))


def text(value: Any) -> Any:
    """Ids may come as numbers; everything else is left to the contract."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return canonical(value)
    return value


def is_uuid(value: str) -> bool:
    """Whether a message id can be the event's id as it is."""
    if len(value) != 36:
        return False
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True


def _body(kind: str, message: dict[str, Any]) -> Any:
    """What a sender says of an event; RudderStack has a user's traits in the context."""
    if kind not in ("identify", "group"):
        return message.get("properties")
    traits, context = message.get("traits"), message.get("context")
    if traits is None and isinstance(context, dict):
        return context.get("traits")
    return traits


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _shown(given_id: Any) -> str | None:
    return given_id if isinstance(given_id, str) else None
