"""Values of the types that contracts have: as texts of a URL, in SQL, and in JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from serving.errors import HttpError, bad_request

_WHOLE = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?", re.ASCII)
_BOOLEANS = {"true": True, "false": False}
# A plus in a URL is a blank, and clients forget to write it as %2B.
_LOST_PLUS = re.compile(r"(T[0-9:.]+) (\d\d:?\d\d)$", re.ASCII)
#: How each type is written, for messages.
EXAMPLES = {
    "bigint": "a whole number, such as 7",
    "boolean": "true or false",
    "date": "a date, such as 2026-03-01",
    "double precision": "a number, such as 0.25",
    "text": "a text",
    "timestamp with time zone": "a time, such as 2026-03-01T09:30:00Z",
}


def read(text: str, data_type: str, where: str) -> Any:
    """The value that a text of a URL stands for; HttpError 400 that says what is expected."""
    try:
        return _READERS[data_type](text)
    except (ValueError, OverflowError):
        shown = text if len(text) <= 60 else f"{text[:60]}…"
        raise bad_value(f"{where} is {shown!r}, and takes {EXAMPLES[data_type]}.") from None


def bad_value(message: str) -> HttpError:
    """400: a value is none of its column's type."""
    return bad_request("bad_value", message)


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text) or not -(2**63) <= int(text) < 2**63:
        raise ValueError(text)
    return int(text)


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise ValueError(text)
    return float(text)


def _boolean(text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise ValueError(text)
    return _BOOLEANS[text.lower()]


def _text(text: str) -> str:
    # PostgreSQL has no text with it, so no row does.
    if "\0" in text:
        raise ValueError(text)
    text.encode()
    return text


def _instant(text: str) -> datetime:
    """A time; without an offset it is UTC, and a date alone is its midnight."""
    moment = datetime.fromisoformat(_LOST_PLUS.sub(r"\1+\2", text))
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


_READERS: dict[str, Callable[[str], Any]] = {
    "bigint": _whole,
    "boolean": _boolean,
    "date": date.fromisoformat,
    "double precision": _number,
    "text": _text,
    "timestamp with time zone": _instant,
}


def plain(data_type: str) -> Callable[[Any], Any] | None:
    """What makes a value JSON; None where it is already."""
    return _PLAIN.get(data_type)


def _plain_instant(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _plain_number(value: float | None) -> float | None:
    # JSON has no other numbers.
    return value if value is not None and math.isfinite(value) else None


_PLAIN: dict[str, Callable[[Any], Any]] = {
    "date": lambda value: None if value is None else value.isoformat(),
    "double precision": _plain_number,
    "timestamp with time zone": _plain_instant,
}


def written(value: Any) -> str:
    """A value as a text that `read` takes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)


def literal(value: Any) -> str:
    """A value as SQL that both engines read, for people; queries have parameters."""
    if isinstance(value, bool | int | float):
        return written(value)
    quoted = "'" + written(value).replace("'", "''") + "'"
    if isinstance(value, datetime):
        return f"timestamp with time zone {quoted}"
    return f"date {quoted}" if isinstance(value, date) else quoted
