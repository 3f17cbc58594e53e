"""Events as PostHog's SDKs send them, and as PostHog exports them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from loader.field_names import json_text
from loader.ids import is_uuid
from loader.mapping.protocols.common import ORIGINAL_TIME, Made, filled
from loader.refusals import Rejection
from loader.strict_json import canonical

#: The keys of an event that something is taken from.
READ = frozenset(
    {"uuid", "event", "timestamp", "distinct_id", "$distinct_id", "properties", "offset"}
    | {"$set", "$set_once"}
)
#: Where the age of an event is kept that came with one instead of a time.
ORIGINAL_OFFSET = "$original_offset"
_LONGEST_ID = 200


@dataclass(frozen=True)
class Events:
    """Makes rows of events.

    ``time`` makes out when an event happened, of it and its properties. ``is_token`` tells the
    project's key, which is not kept.
    """

    time: Callable[[dict[str, Any], dict[str, Any]], Any]
    is_token: Callable[[Any], bool]

    def row(self, event: dict[str, Any]) -> Made:
        """The row of one event; without a uuid it has no event id."""
        given_id = filled(event.get("uuid"))
        shown = given_id if isinstance(given_id, str) else None
        if given_id is not None and (shown is None or not is_uuid(shown)):
            return Rejection("invalid_event_id", "uuid is no UUID"), shown
        properties = event.get("properties")
        if isinstance(properties, str):
            properties = json_text(properties) if properties else None
        if properties is not None and not isinstance(properties, dict):
            detail = "properties must be a JSON object"
            return Rejection("properties_not_an_object", detail), shown
        properties = dict(properties or {})
        event_time = self.time(event, properties)
        if isinstance(event_time, Rejection):
            return event_time, shown
        row = {
            "event_id": given_id,
            "event_name": event.get("event"),
            "event_time": event_time,
            "user_id": _user(event, properties),
            "properties": self._kept(event, properties),
        }
        return row, shown

    def _kept(self, event: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
        for name in ("$set", "$set_once"):
            if event.get(name) is not None:
                properties.setdefault(name, event[name])
        if "token" in properties and self.is_token(properties["token"]):
            properties.pop("token")
        properties[ORIGINAL_TIME] = filled(event.get("timestamp"))
        if filled(event.get("offset")) is not None:
            properties[ORIGINAL_OFFSET] = event["offset"]
        return properties


def _user(event: dict[str, Any], properties: dict[str, Any]) -> Any:
    """Who: under three names, as text or number, cut as PostHog cuts it."""
    places = (event.get("distinct_id"), event.get("$distinct_id"), properties.get("distinct_id"))
    user = next((filled(place) for place in places if filled(place) is not None), None)
    if isinstance(user, int | float) and not isinstance(user, bool):
        user = canonical(user)
    return user[:_LONGEST_ID] if isinstance(user, str) else user
