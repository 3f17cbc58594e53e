"""Who and which: the ids of users and of events, whatever they look like where they come from."""

from __future__ import annotations

import re
import uuid
from typing import Any

from loader.refusals import RefusedError, kind

#: Namespace of ids made from an id that is no UUID; changing it would append such events once
#: more when they are sent again.
MESSAGE_NAMESPACE = uuid.UUID("9d1c4a57-5f0b-5f6e-8a43-c7e20d6b91f4")
MAX_TEXT = 255
# Up to here each whole number is a double of its own; beyond, one may stand for several.
_LARGEST_WHOLE_DOUBLE = 2**53

_UUID = re.compile(
    r"(?:urn:uuid:)?(?P<brace>\{)?"
    r"(?:[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
    r"(?(brace)\})",
    re.IGNORECASE | re.ASCII,
)
_WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]*))\.0+")


def message_uuid(source: str, message_id: str) -> uuid.UUID:
    """The id of an event whose own id is no UUID: one source's ids say nothing of another's."""
    return uuid.uuid5(MESSAGE_NAMESPACE, f"{source}\n{message_id}")


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID in any of its usual spellings."""
    return _UUID.fullmatch(text) is not None


def event_uuid(value: Any, source: str) -> uuid.UUID | None:
    """The id of an event whose own one is ``value``; None where it has none."""
    if value is None:
        return None
    value = whole(value, "event_id")
    if not isinstance(value, str):
        detail = f"event_id must be a text or a whole number, not {kind(value)}"
        raise RefusedError("invalid_event_id", detail)
    if len(value) == 36 and (usual := _usual_uuid(value)) is not None:
        return usual
    if _UUID.fullmatch(value):
        return uuid.UUID(value.lower())  # the class knows no URN:UUID:
    if not value.strip():
        raise RefusedError("invalid_event_id", "event_id is blank")
    return message_uuid(source, value)


def user_text(value: Any) -> str:
    """The user that ``value`` names; None names nobody."""
    if value is None:
        raise RefusedError("missing_user_id", "no user_id, or an empty one")
    value = whole(value, "user_id")
    if not isinstance(value, str):
        detail = f"user_id must be a text or a whole number, not {kind(value)}"
        raise RefusedError("invalid_user_id", detail)
    if not value.strip():
        raise RefusedError("missing_user_id", "user_id is blank")
    if len(value) > MAX_TEXT:
        detail = f"user_id has {len(value)} characters, more than {MAX_TEXT}"
        raise RefusedError("user_id_too_long", detail)
    return value


def whole(value: Any, name: str) -> Any:
    """An id with ``.0`` at its end, as tables write whole numbers beside gaps, without it.

    Whole numbers become texts; what is no whole number is returned as it is.
    """
    if isinstance(value, str):
        if not value.endswith("0") or (match := _WHOLE.fullmatch(value)) is None:
            return value
        number = int(match[1]) if len(match[1]) < 20 else _LARGEST_WHOLE_DOUBLE + 1
    elif isinstance(value, bool) or not isinstance(value, int | float):
        return value
    elif isinstance(value, int):
        return str(value)
    elif not value.is_integer():
        return value
    else:
        number = int(value)
    if abs(number) > _LARGEST_WHOLE_DOUBLE:
        detail = f"{name} is a number with a decimal point that is too large to be exact"
        raise RefusedError(f"invalid_{name}", detail)
    return str(number)


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
