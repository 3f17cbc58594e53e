"""Times of events: ISO 8601 with an offset, as the contract asks for, and what looks like others.

Nothing is guessed: a time in another layout, or without an offset, is refused with a word on the
option that would read it (see `loader.mapping.clock`).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from loader.refusals import RefusedError, kind
from loader.strict_json import shorten

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?"
    r"(?P<offset> ?(?:[Zz]|[Uu][Tt][Cc]|([+-])(\d\d)(?::?(\d\d))?))?",
    re.ASCII,
)
_NUMBER = re.compile(r"[0-9]{1,20}(?:\.[0-9]+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# From 1990 to 2100, in seconds; in each unit the digits before a decimal point tell them apart.
EPOCH_SECONDS = (631_152_000, 4_102_444_800)
EPOCH_UNITS = {"epoch-s": 1, "epoch-ms": 10**3, "epoch-us": 10**6, "epoch-ns": 10**9}
_UNIT_NAMES = {
    "epoch-s": "seconds",
    "epoch-ms": "milliseconds",
    "epoch-us": "microseconds",
    "epoch-ns": "nanoseconds",
}


def time_text(moment: datetime) -> str:
    """A time as the canonical form writes it: UTC, microseconds, ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_time(value: Any) -> datetime | None:
    """The moment that a text names as an event_time would, in UTC; None for anything else."""
    try:
        return parse_time(value)
    except RefusedError:
        return None


def parse_time(value: Any) -> datetime:
    """The moment that an event_time names, in UTC; RefusedError for what is none."""
    if not isinstance(value, str):
        detail = f"event_time must be an ISO 8601 text, not {kind(value)}{_epoch_advice(value)}"
        raise RefusedError("invalid_event_time", detail)
    if 20 <= len(value) <= 30 and value[-1] == "Z" and (usual := _usual_time(value)) is not None:
        return usual
    local, offset = parse_parts(value)
    if offset is None:
        detail = (
            f"{shorten(value)} has no offset from UTC, such as Z or +02:00; "
            "where all are times of one zone: --time-zone NAME"
        )
        raise RefusedError("event_time_without_offset", detail)
    return moment_at(local, offset, value)


def parse_parts(value: str) -> tuple[datetime, timedelta | None]:
    """The local time that a text in ISO 8601 names, and its offset if it has one."""
    match = _TIME.fullmatch(value)
    if match is None:
        detail = f"{shorten(value)} is not an ISO 8601 date and time{_epoch_advice(value)}"
        raise RefusedError("invalid_event_time", detail)
    year, month, day, hour, minute, second, fraction = match.group(1, 2, 3, 4, 5, 6, 7)
    sign, offset_hours, offset_minutes = match.group(9, 10, 11)
    try:
        local = datetime(  # noqa: DTZ001 (the offset is handed over beside it)
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            int(second or 0),
            int((fraction or "0")[:6].ljust(6, "0")),
        )
        if match["offset"] is None:
            return local, None
        if sign is None:
            return local, timedelta()
        if int(offset_minutes or 0) > 59:
            raise ValueError("minutes of an offset end at 59")
        offset = timedelta(hours=int(offset_hours), minutes=int(offset_minutes or 0))
        return local, -offset if sign == "-" else offset
    except (ValueError, OverflowError) as error:
        raise RefusedError("invalid_event_time", f"{shorten(value)}: {error}") from None


def moment_at(local: datetime, offset: timedelta, given: str) -> datetime:
    """The moment at which it is ``local`` time that far from UTC; ``given`` is for the message."""
    try:
        return local.replace(tzinfo=timezone(offset)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise RefusedError("invalid_event_time", f"{shorten(given)}: {error}") from None


def epoch_unit(value: Any) -> str | None:
    """The unit in which a number or its text would be a time from 1990 to 2100; None for others."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = repr(value) if isinstance(value, float) else str(value)
    if not _NUMBER.fullmatch(text):
        return None
    count = int(text.partition(".")[0])
    first, last = EPOCH_SECONDS
    for name, unit in EPOCH_UNITS.items():
        if first * unit <= count <= last * unit:
            return name
    return None


def _epoch_advice(value: Any) -> str:
    unit = epoch_unit(value)
    if unit is not None:
        return f"; it looks like epoch {_UNIT_NAMES[unit]}: --time-format {unit}"
    if isinstance(value, str):
        if _DATE.fullmatch(value):
            return "; it looks like a date: --time-format %Y-%m-%d --time-zone NAME"
        if not value.isascii() or any(c.isdigit() for c in value):
            return "; another layout: --time-format, such as '%d.%m.%Y %H:%M'"
    return ""


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
