"""What readers hand over: blocks of rows, each row one line of JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

MAX_STORED_BYTES = 1 << 20
# The beginning of a character of several bytes that lacks its end.
_HALF_CHARACTER = re.compile(rb"(?:[\xc0-\xff]|[\xe0-\xff][\x80-\xbf]|[\xf0-\xff][\x80-\xbf]{2})\Z")


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that is no event: where it stood (line from 1), why, and what it said."""

    line: int
    reason: str
    detail: str
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a source, in their order.

    ``text`` holds one row of JSON on each line (no line break after the last), ``lines`` the
    number of each in the source. Blank lines are no rows. ``rejected`` are the rows that could
    not even be read; ``position`` is how far the reader has come in the source, in bytes.
    """

    text: str
    lines: Sequence[int]
    position: int
    rejected: list[RejectedRow] = field(default_factory=list)


class Reader(Protocol):
    """Reads one source in one format."""

    #: Whether properties may be a text that holds JSON, as in tables.
    text_properties: bool
    #: Sentences without a full stop on what may be wrong, though it was read; complete at the end.
    notes: list[str]
    #: The columns of a table, once its blocks are read; none where each row has keys of its own.
    columns: Sequence[str]

    def blocks(self) -> Iterator[Block]:
        """The rows of the source; LoaderError where it cannot be read to its end."""
        ...


def stored_text(text: str | bytes) -> str:
    """The original of a rejected row as every engine can store it.

    At most `MAX_STORED_BYTES` of it; what is not UTF-8, and NUL, as backslash escapes.
    """
    if isinstance(text, str):
        text = text[:MAX_STORED_BYTES].encode(errors="backslashreplace")
    cut = text[:MAX_STORED_BYTES]
    if len(cut) < len(text):
        # Cutting may leave half a character; that half goes.
        cut = _HALF_CHARACTER.sub(b"", cut)
    escaped = cut.decode(errors="backslashreplace").replace("\x00", "\\x00")
    if len(escaped) * 4 <= MAX_STORED_BYTES:
        return escaped
    return escaped.encode()[:MAX_STORED_BYTES].decode(errors="ignore")


def not_utf8(row: str) -> bytes | None:
    """The bytes of a row that came with broken characters, which are lone surrogates in it."""
    try:
        row.encode()
    except UnicodeEncodeError:
        return row.encode(errors="surrogateescape")
    return None
