"""The contract for events: the one place that decides what may enter ``raw.events``.

It knows neither files nor databases. A JSON text, or a mapping that stands for one, goes in; an
`Event` in canonical form or a `Rejection` with a reason code comes out. Whatever brings events in
asks here, so every way in and every engine ends up with the same rows.

**Fields.** A field is looked up under its names in order (see `FieldNames`); the first that is
there and is neither null nor the empty text wins. Values are kept as sent, never trimmed.

**event_id** is any usual spelling of a UUID. Without one, the id is a UUIDv5 in `ID_NAMESPACE` of
this text: the canonical JSON array ``[event_name, event_time, user_id, properties]``, in which the
time reads like ``2026-03-01T08:30:00.000000Z`` and keys are sorted at every level. Two events
alike in all four are then one event.

**event_time** is an ISO 8601 date and time with an offset; digits beyond microseconds are cut.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from loader import strict_json
from loader.field_names import FieldNames
from loader.strict_json import JsonError, shorten

#: Namespace of derived ids; changing it would append every event without an id once more.
ID_NAMESPACE = uuid.UUID("4b6f9a52-8d0e-5c3b-9a6e-2f1d7c84e0b3")
MAX_DEPTH = 64
MAX_TEXT = 255
DEFAULT_MAX_BYTES = 1 << 20
DEFAULT_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
DEFAULT_FUTURE_TOLERANCE = timedelta(hours=24)

_UUID = re.compile(
    r"(?:urn:uuid:)?(?P<brace>\{)?"
    r"(?:[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
    r"(?(brace)\})",
    re.IGNORECASE | re.ASCII,
)
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?"
    r"(?P<offset> ?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?))?",
    re.ASCII,
)


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


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a row is no event: a reason code for machines and a sentence for people."""

    reason: str
    detail: str


class _RefusedError(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.rejection = Rejection(reason, detail)


@dataclass(frozen=True)
class Contract:
    """The rules with their settings.

    ``earliest`` and ``latest`` bound event_time (both allowed); ``max_bytes`` bounds an event's
    text in UTF-8. ``text_properties`` is for tables (CSV, Parquet), where properties may be a text
    that holds the JSON object.
    """

    latest: datetime
    earliest: datetime = DEFAULT_EARLIEST
    max_bytes: int = DEFAULT_MAX_BYTES
    names: FieldNames = field(default_factory=FieldNames)
    text_properties: bool = False

    def check(self, given: str | bytes | Mapping[str, Any]) -> Event | Rejection:
        """Accept or reject one event, given as JSON text or as a mapping of JSON values.

        Never raises for bad input. A mapping is judged by the JSON text that it makes; times and
        UUIDs in it may be objects of Python.
        """
        try:
            if not isinstance(given, str | bytes):
                given = _mapping_text(given)
            return self._event(self._parse(given))
        except _RefusedError as refused:
            return refused.rejection
        except JsonError as error:
            return Rejection(error.reason, error.detail)

    def judge(self, row: Mapping[str, Any]) -> Event | Rejection:
        """Accept or reject a row that `loader.strict_json` has read; its size is not looked at."""
        try:
            return self._event(row if isinstance(row, dict) else dict(row))
        except _RefusedError as refused:
            return refused.rejection
        except JsonError as error:
            return Rejection(error.reason, error.detail)

    def _parse(self, given: str | bytes) -> dict[str, Any]:
        size = len(given)
        if isinstance(given, str) and size <= self.max_bytes < size * 4:
            size = len(given.encode(errors="surrogatepass"))
        if size > self.max_bytes:
            raise _RefusedError("too_large", f"longer than {self.max_bytes} bytes")
        if isinstance(given, bytes):
            try:
                given = given.decode()
            except UnicodeDecodeError as error:
                detail = f"byte {error.start + 1} of the row is not UTF-8"
                raise _RefusedError("invalid_utf8", detail) from None
        value = strict_json.parse(given, max_depth=MAX_DEPTH)
        if not isinstance(value, dict):
            raise _RefusedError("not_an_object", f"a JSON object is needed, not {_kind(value)}")
        return value

    def _event(self, row: dict[str, Any]) -> Event:
        names = self.names
        event_name = _event_name(names.value(row, "event_name"))
        event_time = self._event_time(names.value(row, "event_time"))
        user_id = _user_id(names.value(row, "user_id"))
        event_id = _event_id(names.value(row, "event_id"))
        properties = self._properties(row)
        if event_id is None:
            content = [event_name, time_text(event_time), user_id, properties]
            name = strict_json.canonical(content, sort_keys=True)
            event_id = uuid.uuid5(ID_NAMESPACE, name)
        return Event(event_id, event_name, event_time, user_id, strict_json.canonical(properties))

    def _event_time(self, value: Any) -> datetime:
        if value is None:
            raise _RefusedError("missing_event_time", _missing("event_time"))
        event_time = _parse_time(value)
        if event_time < self.earliest:
            detail = f"{shorten(value)} is before {time_text(self.earliest)}"
            raise _RefusedError("event_time_too_early", detail)
        if event_time > self.latest:
            # Without the bound, which moves: rejecting a row again must say the same.
            detail = f"{shorten(value)} is too far in the future"
            raise _RefusedError("event_time_in_future", detail)
        return event_time

    def _properties(self, row: dict[str, Any]) -> dict[str, Any]:
        if self.names.rest_is_properties:
            return self.names.rest(row, keep_empty=not self.text_properties)
        value = self.names.value(row, "properties", keep_empty=not self.text_properties)
        if value is None:
            return {}
        if self.text_properties and isinstance(value, str):
            try:
                value = strict_json.parse(value, max_depth=MAX_DEPTH - 1)
            except JsonError as error:
                raise JsonError(error.reason, f"properties: {error.detail}") from None
            if value is None:
                return {}
        if not isinstance(value, dict):
            detail = f"properties must be a JSON object, not {_kind(value)}"
            raise _RefusedError("properties_not_an_object", detail)
        return value


def time_text(moment: datetime) -> str:
    """A time as the canonical form writes it: UTC, microseconds, ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_time(value: Any) -> datetime | None:
    """The moment that a text names as an event_time would, in UTC; None for anything else."""
    try:
        return _parse_time(value)
    except _RefusedError:
        return None


def _mapping_text(given: Mapping[str, Any]) -> str:
    try:
        return json.dumps(dict(given), ensure_ascii=False, default=_python_value)
    except (TypeError, ValueError) as error:
        raise _RefusedError("not_json", str(error)) from None
    except RecursionError:
        raise _RefusedError("too_deep", f"nested more than {MAX_DEPTH} levels deep") from None


def _python_value(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _kind(value: Any) -> str:
    kinds = {str: "a text", list: "an array", dict: "an object", bool: "a boolean"}
    return "null" if value is None else kinds.get(type(value), "a number")


def _missing(name: str) -> str:
    return f"no {name}, or an empty one"


def _event_name(value: Any) -> str:
    if value is None:
        raise _RefusedError("missing_event_name", _missing("event_name"))
    if not isinstance(value, str):
        raise _RefusedError("invalid_event_name", f"event_name must be a text, not {_kind(value)}")
    if not value.strip():
        raise _RefusedError("missing_event_name", "event_name is blank")
    if len(value) > MAX_TEXT:
        detail = f"event_name has {len(value)} characters, more than {MAX_TEXT}"
        raise _RefusedError("event_name_too_long", detail)
    return value


def _user_id(value: Any) -> str:
    if value is None:
        raise _RefusedError("missing_user_id", _missing("user_id"))
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        detail = f"user_id must be a text or a whole number, not {_kind(value)}"
        raise _RefusedError("invalid_user_id", detail)
    if not value.strip():
        raise _RefusedError("missing_user_id", "user_id is blank")
    if len(value) > MAX_TEXT:
        detail = f"user_id has {len(value)} characters, more than {MAX_TEXT}"
        raise _RefusedError("user_id_too_long", detail)
    return value


def _event_id(value: Any) -> uuid.UUID | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise _RefusedError("invalid_event_id", f"event_id must be a UUID, not {_kind(value)}")
    if len(value) == 36 and (usual := _usual_uuid(value)) is not None:
        return usual
    if not _UUID.fullmatch(value):
        raise _RefusedError("invalid_event_id", f"{shorten(value)} is not a UUID")
    return uuid.UUID(value.lower())  # the class knows no URN:UUID:


def _usual_uuid(text: str) -> uuid.UUID | None:
    """The UUID in its usual spelling; None for what only a closer look can tell."""
    if not text[8] == text[13] == text[18] == text[23] == "-":
        return None
    try:
        digits = bytes.fromhex(text.replace("-", ""))
    except ValueError:
        return None
    # Blanks are skipped there; then there are fewer.
    return uuid.UUID(bytes=digits) if len(digits) == 16 else None


def _usual_time(text: str) -> datetime | None:
    """The moment of a text such as 2026-03-01T09:30:00.123Z; None for any other, good or bad."""
    if (
        text[10] == "T"
        and text[4] == text[7] == "-"
        and text[13] == text[16] == ":"
        and text[11:13] != "24"
        and (text[19] == "Z" if len(text) == 20 else text[19] == "." and text[20:-1].isdecimal())
        and text.isascii()
    ):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None
    return None


def _parse_time(value: Any) -> datetime:
    if not isinstance(value, str):
        detail = f"event_time must be an ISO 8601 text, not {_kind(value)}"
        raise _RefusedError("invalid_event_time", detail)
    if 20 <= len(value) <= 30 and value[-1] == "Z" and (usual := _usual_time(value)) is not None:
        return usual
    match = _TIME.fullmatch(value)
    if match is None:
        raise _RefusedError(
            "invalid_event_time", f"{shorten(value)} is not an ISO 8601 date and time"
        )
    year, month, day, hour, minute, second, fraction = match.group(1, 2, 3, 4, 5, 6, 7)
    sign, offset_hours, offset_minutes = match.group(9, 10, 11)
    try:
        local = datetime(  # noqa: DTZ001 (the offset is applied below)
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            int(second or 0),
            int((fraction or "0")[:6].ljust(6, "0")),
        )
        if match["offset"] is None:
            detail = f"{shorten(value)} has no offset from UTC, such as Z or +02:00"
            raise _RefusedError("event_time_without_offset", detail)
        if sign is None:
            return local.replace(tzinfo=UTC)
        if int(offset_minutes or 0) > 59:
            raise ValueError("minutes of an offset end at 59")
        offset = timedelta(hours=int(offset_hours), minutes=int(offset_minutes or 0))
        zone = timezone(-offset if sign == "-" else offset)
        return local.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _RefusedError("invalid_event_time", f"{shorten(value)}: {error}") from None
