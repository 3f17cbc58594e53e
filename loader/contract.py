"""The contract for events: the one place that decides what may enter ``raw.events``.

It knows neither files nor databases. A JSON text, or a mapping that stands for one, goes in; an
`Event` in canonical form or a `Rejection` with a reason code comes out. Whatever brings events in
asks here, so every way in and every engine ends up with the same rows.

**Fields.** A field is looked up under its names in order (see `FieldNames`); the first that is
there and is neither null nor the empty text wins. Values are kept as sent, never trimmed.

**event_id** is any text or whole number. A usual spelling of a UUID is that UUID; for any other,
the id is a UUIDv5 in `MESSAGE_NAMESPACE` of the source (see `Contract`), a line break and the text:
ids that differ never become one. Without one, the id is a UUIDv5 in `ID_NAMESPACE` of this text:
the canonical JSON array ``[event_name, event_time, user_id, properties]``, in which the time reads
like ``2026-03-01T08:30:00.000000Z`` and keys are sorted at every level. Two events alike in all
four are then one event.

**event_time** is an ISO 8601 date and time with an offset (``Z``, ``UTC``, ``+02:00``); digits
beyond microseconds are cut.

**user_id** is a text or a whole number. A whole number that is written with ``.0`` at its end, as
number or as text, is the same without it: ``12345.0`` is the user ``12345`` in every format.

**properties** are an object, or a text that holds one. ``NaN`` and the infinities, which JSON does
not have, are null wherever they stand; `Event.not_finite` counts them. The empty text is none.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from loader import strict_json
from loader.field_names import FieldNames
from loader.ids import MAX_TEXT, MESSAGE_NAMESPACE, event_uuid, user_text
from loader.refusals import RefusedError, Rejection, kind
from loader.strict_json import JsonError, shorten
from loader.times import parse_time, read_time, time_text

__all__ = [
    "DEFAULT_EARLIEST",
    "DEFAULT_FUTURE_TOLERANCE",
    "DEFAULT_MAX_BYTES",
    "DEFAULT_SOURCE",
    "ID_NAMESPACE",
    "MAX_DEPTH",
    "MAX_TEXT",
    "MESSAGE_NAMESPACE",
    "Contract",
    "Event",
    "Rejection",
    "read_time",
    "time_text",
]

#: Namespace of derived ids; changing it would append every event without an id once more.
ID_NAMESPACE = uuid.UUID("4b6f9a52-8d0e-5c3b-9a6e-2f1d7c84e0b3")
MAX_DEPTH = 64
DEFAULT_MAX_BYTES = 1 << 20
DEFAULT_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
DEFAULT_FUTURE_TOLERANCE = timedelta(hours=24)
#: Whose ids those of files are that say nothing else.
DEFAULT_SOURCE = "file"


@dataclass(frozen=True, slots=True)
class Event:
    """An accepted event in canonical form.

    ``event_time`` is in UTC; ``properties`` is the canonical text of a JSON object (see
    `loader.strict_json`), its keys in the order in which they came.
    """

    event_id: uuid.UUID
    event_name: str
    event_time: datetime
    user_id: str
    properties: str
    #: How many numbers that are none (NaN, Infinity) became null.
    not_finite: int = field(default=0, compare=False)

    def as_json(self) -> str:
        """The event as one line of JSON that the loader would accept again."""
        return strict_json.canonical(
            {
                "event_id": str(self.event_id),
                "event_name": self.event_name,
                "event_time": time_text(self.event_time),
                "user_id": self.user_id,
                "properties": json.loads(self.properties),
            }
        )


@dataclass(frozen=True)
class Contract:
    """The rules with their settings.

    ``earliest`` and ``latest`` bound event_time (both allowed); ``max_bytes`` bounds an event's
    text in UTF-8. ``text_properties`` is for tables (CSV, Parquet), where an empty value is none.
    ``source`` says whose ids those are that are no UUIDs: the same text of two sources is two ids.
    """

    latest: datetime
    earliest: datetime = DEFAULT_EARLIEST
    max_bytes: int = DEFAULT_MAX_BYTES
    names: FieldNames = field(default_factory=FieldNames)
    text_properties: bool = False
    source: str = DEFAULT_SOURCE

    def check(self, given: str | bytes | Mapping[str, Any]) -> Event | Rejection:
        """Accept or reject one event, given as JSON text or as a mapping of JSON values.

        Never raises for bad input. A mapping is judged by the JSON text that it makes; times and
        UUIDs in it may be objects of Python.
        """
        try:
            if not isinstance(given, str | bytes):
                given = _mapping_text(given)
            return self._event(self._parse(given), self.source, strict_json.not_finite())
        except RefusedError as refused:
            return refused.rejection
        except JsonError as error:
            return Rejection(error.reason, error.detail)

    def judge(
        self, row: Mapping[str, Any], *, source: str | None = None, not_finite: int = 0
    ) -> Event | Rejection:
        """Accept or reject a row that `loader.strict_json` has read; its size is not looked at.

        ``source`` stands in for the contract's own; ``not_finite`` of its numbers became null.
        """
        try:
            row = row if isinstance(row, dict) else dict(row)
            return self._event(row, source or self.source, not_finite)
        except RefusedError as refused:
            return refused.rejection
        except JsonError as error:
            return Rejection(error.reason, error.detail)

    def _parse(self, given: str | bytes) -> dict[str, Any]:
        size = len(given)
        if isinstance(given, str) and size <= self.max_bytes < size * 4:
            size = len(given.encode(errors="surrogatepass"))
        if size > self.max_bytes:
            raise RefusedError("too_large", f"longer than {self.max_bytes} bytes")
        if isinstance(given, bytes):
            try:
                given = given.decode()
            except UnicodeDecodeError as error:
                detail = f"byte {error.start + 1} of the row is not UTF-8"
                raise RefusedError("invalid_utf8", detail) from None
        value = strict_json.parse(given, max_depth=MAX_DEPTH)
        if not isinstance(value, dict):
            raise RefusedError("not_an_object", f"a JSON object is needed, not {kind(value)}")
        return value

    def _event(self, row: dict[str, Any], source: str, not_finite: int) -> Event:
        names = self.names
        event_name = _event_name(names.value(row, "event_name"))
        event_time = self._event_time(names.value(row, "event_time"))
        user_id = user_text(names.value(row, "user_id"))
        event_id = event_uuid(names.value(row, "event_id"), source)
        properties, more_not_finite = self._properties(row)
        if event_id is None:
            content = [event_name, time_text(event_time), user_id, properties]
            name = strict_json.canonical(content, sort_keys=True)
            event_id = uuid.uuid5(ID_NAMESPACE, name)
        text = strict_json.canonical(properties)
        return Event(event_id, event_name, event_time, user_id, text, not_finite + more_not_finite)

    def _event_time(self, value: Any) -> datetime:
        if value is None:
            raise RefusedError("missing_event_time", _missing("event_time"))
        event_time = parse_time(value)
        if event_time < self.earliest:
            detail = f"{shorten(value)} is before {time_text(self.earliest)}"
            raise RefusedError("event_time_too_early", detail)
        if event_time > self.latest:
            # Without the bound, which moves: rejecting a row again must say the same.
            detail = f"{shorten(value)} is too far in the future"
            raise RefusedError("event_time_in_future", detail)
        return event_time

    def _properties(self, row: dict[str, Any]) -> tuple[dict[str, Any], int]:
        """The properties, and how many numbers in a text that held them were not finite."""
        if self.names.rest_is_properties:
            return self.names.rest(row, keep_empty=not self.text_properties), 0
        value = self.names.value(row, "properties")
        not_finite = 0
        if isinstance(value, str):
            try:
                value = strict_json.parse(value, max_depth=MAX_DEPTH - 1)
            except JsonError as error:
                raise JsonError(error.reason, f"properties: {error.detail}") from None
            not_finite = strict_json.not_finite()
        if value is None:
            return {}, not_finite
        if not isinstance(value, dict):
            detail = f"properties must be a JSON object, not {kind(value)}"
            raise RefusedError("properties_not_an_object", detail)
        return value, not_finite


def _mapping_text(given: Mapping[str, Any]) -> str:
    try:
        return json.dumps(dict(given), ensure_ascii=False, default=_python_value)
    except (TypeError, ValueError) as error:
        raise RefusedError("not_json", str(error)) from None
    except RecursionError:
        raise RefusedError("too_deep", f"nested more than {MAX_DEPTH} levels deep") from None


def _python_value(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _missing(name: str) -> str:
    return f"no {name}, or an empty one"


def _event_name(value: Any) -> str:
    if value is None:
        raise RefusedError("missing_event_name", _missing("event_name"))
    if not isinstance(value, str):
        raise RefusedError("invalid_event_name", f"event_name must be a text, not {kind(value)}")
    if not value.strip():
        raise RefusedError("missing_event_name", "event_name is blank")
    if len(value) > MAX_TEXT:
        detail = f"event_name has {len(value)} characters, more than {MAX_TEXT}"
        raise RefusedError("event_name_too_long", detail)
    return value
