"""CSV with a header: RFC 4180, commas and double quotes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

from loader.errors import LoaderError
from loader.field_names import FieldNames
from loader.readers.block import Block, RejectedRow, stored_text
from loader.readers.source import ByteStream
from loader.readers.table import check_columns

# A record that goes on for longer is a quote left open, or no CSV; bounds what is held at once.
_MAX_RECORD = 16 << 20


class CsvReader:
    """Turns each record into one line of JSON, ``{column: text}``."""

    text_properties = True

    def __init__(self, stream: ByteStream, *, block_bytes: int, names: FieldNames) -> None:
        self._stream = stream
        self._block_bytes = block_bytes
        self._names = names

    def blocks(self) -> Iterator[Block]:
        """The records; LoaderError for missing columns, an open quote, damaged compression."""
        lines = _Lines(self._stream)
        records = self._records(lines)
        first = next(records, None)
        if first is None:
            return
        header = first[1]
        check_columns(self._stream.name, header, self._names)
        rows: list[str] = []
        numbers: list[int] = []
        rejected: list[RejectedRow] = []
        size = 0
        for line, record in records:
            row = _json(header, record)
            size += len(row)
            if not row.isascii() and (whole := _not_utf8(row)) is not None:
                text = stored_text(whole)
                rejected.append(RejectedRow(line, "invalid_utf8", "the row is not UTF-8", text))
            elif len(record) != len(header):
                detail = f"{len(record)} fields, but {len(header)} columns"
                text = stored_text(row)
                rejected.append(RejectedRow(line, "wrong_field_count", detail, text))
            else:
                rows.append(row)
                numbers.append(line)
            if size >= self._block_bytes:
                yield Block("\n".join(rows), numbers, self._stream.position, rejected)
                rows, numbers, rejected, size = [], [], [], 0
        if rows or rejected:
            yield Block("\n".join(rows), numbers, self._stream.position, rejected)

    def _records(self, lines: _Lines) -> Iterator[tuple[int, list[str]]]:
        """Each record that is not blank, with the line on which it begins."""
        csv.field_size_limit(_MAX_RECORD)
        records = csv.reader(lines)
        while True:
            lines.begin_record()
            try:
                record = next(records)
            except StopIteration:
                return
            except csv.Error as error:
                raise LoaderError(
                    f"{self._stream.name}, line {lines.begun}: {error}. Is a quote left open?"
                ) from error
            if lines.ended:  # a record that is whole never asks for a line after the last
                raise LoaderError(
                    f"{self._stream.name}, line {lines.begun}: "
                    "a quote is opened here and never closed. Close it, or double it."
                )
            if record:
                yield lines.begun, record


class _Lines:
    """Physical lines for `csv.reader`, counted; never holds more than one record."""

    def __init__(self, stream: ByteStream) -> None:
        self._name = stream.name
        # Bytes that are not UTF-8 become lone surrogates, for the row to be rejected later.
        buffered = io.BufferedReader(stream, 1 << 20)
        self._text = io.TextIOWrapper(
            buffered, encoding="utf-8-sig", errors="surrogateescape", newline=""
        )
        self.line = 0
        self.begun = 1
        self.ended = False
        self._held = 0

    def begin_record(self) -> None:
        self.begun = self.line + 1
        self._held = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(_MAX_RECORD)
        if not line:
            self.ended = True
            raise StopIteration
        self.line += 1
        self._held += len(line)
        if self._held >= _MAX_RECORD:
            raise LoaderError(
                f"{self._name}, line {self.begun}: a record of more than "
                f"{_MAX_RECORD >> 20} MiB. Is a quote left open?"
            )
        return line


def _json(header: list[str], record: list[str]) -> str:
    row = dict(zip(header, record, strict=False))
    for number, surplus in enumerate(record[len(header) :], len(header) + 1):
        row[f"column {number}"] = surplus
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _not_utf8(row: str) -> bytes | None:
    """The row's bytes if they are not UTF-8."""
    try:
        row.encode()
    except UnicodeEncodeError:
        return row.encode(errors="surrogateescape")
    return None
