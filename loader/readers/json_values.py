"""JSON that is not one object on each line: arrays, documents around rows, values in a row."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from loader.errors import LoaderError
from loader.readers.block import Block, RejectedRow, not_utf8, stored_text
from loader.readers.given import Given
from loader.readers.json_lines import JsonLinesReader
from loader.readers.json_scan import Scanner
from loader.readers.text import OTHER_ENCODING, Ahead, Bytes, as_utf8

_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
# An array of objects; one of anything else, on a line, is a row that is no event.
_ARRAY = re.compile(rb"\[\s*(?:[{\]]|\Z)")
_OPENED = re.compile(rb"\{\s*")
_MIN_HEAD = 1 << 16
_MIN_VALUE = 16 << 20
_MAX_SEARCH = 4
_ALL = "*"


class JsonValuesReader:
    """Finds the rows in a stream of JSON values, wherever line breaks and commas are.

    Values stand one behind another, with or without commas between; the elements of an array are
    rows. With ``records``, a JSON pointer, the rows are what it points to in each value; a part
    of it that meets an array is the number of an element, or ``*``, or meant for all elements.
    Rows are numbered from 1.
    """

    text_properties = False

    def __init__(
        self, stream: Bytes, *, block_bytes: int, max_bytes: int, records: str | None
    ) -> None:
        self.notes: list[str] = []
        self.columns: Sequence[str] = ()
        self._block_bytes = block_bytes
        self._records = records
        self._parts = [
            part.replace("~1", "/").replace("~0", "~") for part in (records or "").split("/")[1:]
        ]
        self._scanner = Scanner(
            stream, chunk_bytes=block_bytes, max_chars=max(_MIN_VALUE, 2 * max_bytes)
        )
        self._name = stream.name
        self._lacking = 0
        self._having = 0

    def blocks(self) -> Iterator[Block]:
        """The rows; LoaderError from where on nothing can be told apart, or without records."""
        rows: list[str] = []
        rejected: list[RejectedRow] = []
        lines: list[int] = []
        size = 0
        try:
            for number, row in enumerate(self._rows(), 1):
                size += len(row)
                if not row.isascii() and (given := not_utf8(row)) is not None:
                    detail = f"the row is not UTF-8; {OTHER_ENCODING}"
                    rejected.append(RejectedRow(number, "invalid_utf8", detail, stored_text(given)))
                else:
                    rows.append(row)
                    lines.append(number)
                if size >= self._block_bytes:
                    yield Block("\n".join(rows), lines, self._scanner.position, rejected)
                    rows, rejected, lines, size = [], [], [], 0
        except RecursionError:
            raise self._scanner.error("nested too deep") from None
        if rows or rejected:
            yield Block("\n".join(rows), lines, self._scanner.position, rejected)
        if self._lacking and not self._having:
            raise LoaderError(
                f"{self._name} has nothing at {self._records}. Name where its rows are: --records"
            )
        if self._lacking:
            self.notes.append(
                f"{self._lacking:,} objects of {self._name} have nothing at {self._records}"
            )

    def _rows(self) -> Iterator[str]:
        while self._scanner.next():
            found = False
            for row in self._below(self._parts):
                found = True
                if row:
                    yield row
            if self._parts:
                self._having += found
                self._lacking += not found
            self._scanner.take(",")

    def _below(self, parts: list[str]) -> Iterator[str]:
        """The rows in the value at hand; an empty text where there is a place for them, but none.

        ``parts`` are those of the pointer that are left.
        """
        opened = self._scanner.next()
        if opened == "[":
            yield from self._elements(parts)
        elif not parts:
            row = self._scanner.value()
            yield "" if row == "null" and self._parts else row
        elif opened == "{":
            for key in self._scanner.members():
                if key == parts[0]:
                    yield from self._below(parts[1:])
                else:
                    self._scanner.skip()
        else:
            self._scanner.skip()

    def _elements(self, parts: list[str]) -> Iterator[str]:
        if not parts:
            yield ""
        for number in self._scanner.elements():
            if not parts:
                yield self._scanner.value()
            elif parts[0] == _ALL or parts[0] == str(number):
                yield from self._below(parts[1:])
            elif parts[0].isdecimal():
                self._scanner.skip()
            else:
                yield from self._below(parts)


def json_reader(given: Given) -> JsonLinesReader | JsonValuesReader:
    """The reader for a stream of JSON, by how it begins.

    Raises LoaderError for a document that holds rows, but does not look like one.
    """
    stream: Bytes = as_utf8(given.stream, given.reading.encoding)
    block_bytes, max_bytes, records = given.block_bytes, given.max_bytes, given.reading.records
    if records is None:
        size = max(block_bytes, _MIN_HEAD)
        head = stream.read(size)
        # Beyond that, lines that are blank.
        while len(head) < _MIN_VALUE and not head.strip(_BLANK) and (more := stream.read(size)):
            head += more
        rest = stream.read(1)
        stream = Ahead(head + rest, stream)
        if not rest:
            _refuse_document(stream.name, head, given)
        if not _is_values(head.removeprefix(_BOM).lstrip(_BLANK)):
            return JsonLinesReader(stream, block_bytes=block_bytes, max_bytes=max_bytes)
    return JsonValuesReader(stream, block_bytes=block_bytes, max_bytes=max_bytes, records=records)


def _is_values(head: bytes) -> bool:
    """Whether JSON that begins like this is something else than one value on each line."""
    if head.startswith(b"["):
        return _ARRAY.match(head) is not None
    if not head.startswith(b"{"):
        return False
    line = head.partition(b"\n")[0].strip(_BLANK)
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        pass
    else:
        return False
    try:
        text = head.decode(errors="surrogateescape")
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return _OPENED.fullmatch(line) is not None
    return "\n" in text[:end] or text[end:].lstrip(" \t\r").startswith((",", "{", "["))


def _refuse_document(name: str, head: bytes, given: Given) -> None:
    """Raise LoaderError if a whole source is one object that is no event, but holds some."""
    try:
        value = json.loads(head.removeprefix(_BOM))
    except (ValueError, RecursionError):
        return
    if not isinstance(value, dict) or not given.names.missing([*value, *given.partitions]):
        return
    found = _array_of_objects(value)
    if found is not None:
        pointer, count = found
        raise LoaderError(
            f"{name} is one object and no event, with an array of objects at {pointer} "
            f"(it has {count:,}). If these are the events, say so: --records {pointer}"
        )


def _array_of_objects(value: dict[str, Any]) -> tuple[str, int] | None:
    """The pointer to the first array of objects that is not nested deep, and its length."""
    pending: deque[tuple[str, int, dict[str, Any]]] = deque([("", 1, value)])
    while pending:
        pointer, depth, parent = pending.popleft()
        for key, item in parent.items():
            below = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            if isinstance(item, list) and item and isinstance(item[0], dict):
                return below, len(item)
            if isinstance(item, dict) and depth < _MAX_SEARCH:
                pending.append((below, depth + 1, item))
    return None
