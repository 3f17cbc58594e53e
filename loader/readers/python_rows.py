"""Rows that libraries hand over as values of Python, as lines of JSON."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from loader.readers.block import Block, RejectedRow, stored_text


def blocks_of(
    rows: Iterable[Mapping[str, Any]], *, block_bytes: int, position: Callable[[], int]
) -> Iterator[Block]:
    """Blocks of rows, numbered from 1.

    Bytes are read as UTF-8; a row in which they are not is rejected.
    """
    texts: list[str] = []
    lines: list[int] = []
    rejected: list[RejectedRow] = []
    size = 0
    for number, row in enumerate(rows, 1):
        try:
            texts.append(_dumped(plain(row, "strict")))
            lines.append(number)
            size += len(texts[-1])
        except UnicodeDecodeError:
            text = _dumped(plain(row, "backslashreplace"))
            detail = "bytes in it are not UTF-8"
            rejected.append(RejectedRow(number, "invalid_utf8", detail, stored_text(text)))
            size += len(text)
        if size >= block_bytes:
            yield Block("\n".join(texts), lines, position(), rejected)
            texts, lines, rejected, size = [], [], [], 0
    if texts or rejected:
        yield Block("\n".join(texts), lines, position(), rejected)


def plain(value: Any, errors: str) -> Any:  # noqa: PLR0911 (one for each kind)
    """A value as JSON has it; times as ISO 8601, with an offset if they have one.

    ``errors`` says what becomes of bytes that are not UTF-8, as for `bytes.decode`.
    """
    if isinstance(value, Mapping):
        return {str(plain(key, errors)): plain(item, errors) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, errors) for item in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode(errors=errors)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value.as_tuple().exponent == 0 else float(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
