"""What a protocol has to say about a request; everything else is the same for all."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any
from typing import Protocol as Interface

from starlette.requests import Request

from collector.intake import Arrival, Batch, Item
from collector.json_parts import Part


@dataclass(slots=True)
class Message:
    """A request taken apart: its events, and what came around them."""

    parts: list[Part]
    envelope: dict[str, Any] = field(default_factory=dict)
    #: The token that came inside the body; None where there was none.
    token: str | None = None


class Protocol(Interface):
    """One way of delivering events."""

    #: Whether clients in browsers speak it, which take 429 for a refusal.
    browser: bool
    #: Members of an event that differ from one delivery to the next.
    volatile: tuple[str, ...]

    def read(self, request: Request, text: str) -> Message:
        """Take a body apart; HttpError or UnreadableError where it cannot be read."""
        ...

    def items(self, request: Request, message: Message, arrival: Arrival) -> list[Item]:
        """The events, judged."""
        ...

    def answer(self, batch: Batch) -> dict[str, Any]:
        """What is answered after the commit."""
        ...


def header_token(request: Request) -> str | None:
    """The token of the Authorization header: Bearer, or the user name of Basic."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer":
        return value or None
    if scheme.lower() == "basic":
        try:
            user, _, _ = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
        return user or None
    return None
