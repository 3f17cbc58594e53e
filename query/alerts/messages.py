"""What is said: the body of a message, which every kind of receiver takes what it needs from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

_ID_CHARACTERS = 32

FIRING = "alert.firing"
RESOLVED = "alert.resolved"
REMINDER = "alert.reminder"
STEP_REACHED = "user.funnel_step_reached"
CHURN_STATUS = "user.churn_status_changed"
TEST = "test"


@dataclass(frozen=True)
class Message:
    """One message for one receiver, as it is in the outbox.

    ``body`` is JSON: type, timestamp, data. ``subject`` is what it is about; of one subject a
    receiver gets messages one after another, in the order of ``sequence``.
    """

    message_id: str
    receiver: str
    organisation: str
    name: str
    segment_value: str | None
    subject: str
    sequence: int
    user_hash: str | None
    body: str

    @property
    def content(self) -> dict[str, Any]:
        """The body, read."""
        content: dict[str, Any] = json.loads(self.body)
        return content


def message_id(kind: str, *parts: object) -> str:
    """An id that is the same whenever it is made of the same parts."""
    text = json.dumps([kind, *map(str, parts)], ensure_ascii=False)
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return f"{kind.partition('.')[0]}_{digest[:_ID_CHARACTERS]}"


def body(kind: str, when: datetime, data: Mapping[str, Any]) -> str:
    """The body: what Standard Webhooks recommends."""
    content = {"type": kind, "timestamp": instant(when), "data": dict(data)}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_plain)


def instant(when: datetime) -> str:
    """A time in UTC, as ISO 8601 has it."""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def title(content: Mapping[str, Any]) -> str:
    """One line for people."""
    kind, data = content["type"], content["data"]
    if kind == TEST:
        return "Test of Event Analytics alerts"
    suffix = f" [{data['organisation']}]" if data.get("organisation") else ""
    if kind in (STEP_REACHED, CHURN_STATUS):
        return f"{data['user_event']}: {data['user_id']}{suffix}"
    said = {FIRING: "fires", REMINDER: "still fires", RESOLVED: "is over"}[kind]
    return f"{data['alert']} {said}{_of_segment(data)}{suffix}"


def text(content: Mapping[str, Any]) -> str:
    """A few lines for people."""
    kind, data = content["type"], content["data"]
    if kind == TEST:
        return "This receiver works. Nothing has happened."
    if kind == STEP_REACHED:
        return (
            f"User {data['user_id']} reached step {data['step']} of funnel {data['funnel']} "
            f"at {data['reached_at']}."
        )
    if kind == CHURN_STATUS:
        return (
            f"User {data['user_id']} is {data['churn_status']} as of {data['as_of_date']}: "
            f"last active on {data['last_active_date']}, {data['days_inactive']} days before."
        )
    lines = [str(data["description"])] if data.get("description") else []
    if data.get("reason"):
        lines.append(str(data["reason"]))
    elif data.get("date"):
        lines.append(
            f"{data['metric']}{_of_segment(data)} on {data['date']}: {number(data['value'])} "
            f"(bound {number(data['bound'])})."
        )
    if kind == RESOLVED:
        lines.append(f"It had fired since {data['since']}.")
    return "\n".join(lines)


def number(value: float | None) -> str:
    """A number as people write it; or that there is none."""
    if value is None:
        return "none"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.4g}"


def _of_segment(data: Mapping[str, Any]) -> str:
    has_segment = data.get("segment_value") not in (None, "") and data.get("segment")
    return f", {data['segment']} {data['segment_value']}" if has_segment else ""


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")
