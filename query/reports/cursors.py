"""Where a page ended, as a text that clients send back: it names a row, not a number of rows.

So no row comes twice and none is left out, whatever builds add or take away between two pages.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from query.reports.question import Question
from query.reports.values import read, written
from serving.errors import HttpError, bad_request

_LONGEST = 16 << 10


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row's values of the question's order, and the state in which the first page was."""

    state: str
    last: tuple[Any, ...]


def write_cursor(question: Question, state: str, last: Sequence[Any]) -> str:
    """A cursor as a text."""
    values = [None if value is None else written(value) for value in last]
    content = json.dumps([state, _subject(question), values], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def read_cursor(question: Question) -> Cursor | None:
    """The cursor of a question; HttpError 400 for what is none, or one of another question."""
    text = question.cursor
    if text is None:
        return None
    if len(text) > _LONGEST or not text.isascii():
        raise _none()
    try:
        padded = text + "=" * (-len(text) % 4)
        state, subject, values = json.loads(base64.b64decode(padded, b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise _none() from None
    if not isinstance(state, str) or not isinstance(values, list):
        raise _none()
    if subject != _subject(question) or len(values) != len(question.order):
        raise bad_request(
            "bad_cursor",
            "The cursor is one of another question.",
            "Leave all parameters but limit and format as they were, or leave the cursor out.",
        )
    return Cursor(
        state,
        tuple(
            None if value is None else read(str(value), sort.column.data_type, "The cursor")
            for sort, value in zip(question.order, values, strict=True)
        ),
    )


def _subject(question: Question) -> str:
    return hashlib.sha256(question.subject.encode()).hexdigest()[:16]


def _none() -> HttpError:
    return bad_request(
        "bad_cursor", "The cursor is none.", "Send back what next_cursor was, letter by letter."
    )
