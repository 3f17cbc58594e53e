"""How a row is refused: a reason code for machines and a sentence for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a row is no event: a reason code for machines and a sentence for people."""

    reason: str
    detail: str


class RefusedError(Exception):
    """A value that keeps a row from being an event."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.rejection = Rejection(reason, detail)


def kind(value: Any) -> str:
    """What sort of JSON value this is, for a sentence."""
    kinds = {str: "a text", list: "an array", dict: "an object", bool: "a boolean"}
    return "null" if value is None else kinds.get(type(value), "a number")
