"""CSV by RFC 4180, or in a dialect that is named: what is neither is never read as if it were."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from json.encoder import encode_basestring
from typing import Any

from loader.errors import LoaderError
from loader.readers.block import Block, RejectedRow, not_utf8, stored_text
from loader.readers.csv_dialect import Dialect, column_names, find_dialect, separator_line
from loader.readers.given import Given
from loader.readers.hive import Partitions
from loader.readers.text import OTHER_ENCODING, TextStream, as_utf8

# A record that goes on for longer is a quote left open, or no CSV; bounds what is held at once.
_MAX_RECORD = 16 << 20
_dumped = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_HINT = (
    ". If the file has no header line, name its columns: --header event_name,event_time,user_id "
    "and so on; if another character stands between them: --delimiter"
)


#: A reason, what is wrong in particular, and what the row said.
_Refused = tuple[str, str, str | bytes]


class CsvReader:
    """Turns each record into one line of JSON, ``{column: text}``, or null for a null text."""

    text_properties = True

    def __init__(self, given: Given) -> None:
        self.notes: list[str] = []
        self.columns: Sequence[str] = ()
        self._given = given
        self._stream = as_utf8(given.stream, given.reading.encoding)
        self._reading = given.reading
        self._added: Partitions = {}
        self._nulls = frozenset(null for null in given.reading.nulls if null)

    def blocks(self) -> Iterator[Block]:
        """The records; LoaderError for missing columns, wrong quotes, damaged compression."""
        lines = _Lines(self._stream)
        dialect = self._dialect(lines)
        if dialect is None:
            return
        records = _Records(lines, dialect)
        header = self._header(records)
        if header is None:
            return
        rows: list[str] = []
        numbers: list[int] = []
        rejected: list[RejectedRow] = []
        size = line = 0
        refused = None
        for line, row, refused in self._rows(records, header):
            size += len(row)
            if refused is None:
                rows.append(row)
                numbers.append(line)
            else:
                reason, detail, text = refused
                rejected.append(RejectedRow(line, reason, detail, stored_text(text)))
            if size >= self._given.block_bytes:
                yield Block("\n".join(rows), numbers, self._stream.position, rejected)
                rows, numbers, rejected, size = [], [], [], 0
        if line and refused is None and not lines.ends_with_line_end:
            self.notes.append(
                f"{self._stream.name} does not end with a line end: if it was cut off, "
                f"its last row (line {line}) may not be whole"
            )
        if rows or rejected:
            yield Block("\n".join(rows), numbers, self._stream.position, rejected)

    def _rows(
        self, records: _Records, header: list[str]
    ) -> Iterator[tuple[int, str, _Refused | None]]:
        """Each record with its line, and why it is no row."""
        columns = len(header)
        template = self._template(header)
        nulls = self._nulls
        quote = records.quote_in_json
        for line, record in records:
            if template is None or len(record) != columns or not nulls.isdisjoint(record):
                row = self._json(header, record)
            else:
                row = template % tuple(map(encode_basestring, record))
            refused = records.stray_quote(row) if quote in row else None
            if refused is None and (len(record) != columns or not row.isascii()):
                refused = _refused(row, record, header)
            yield line, row, refused

    def _dialect(self, lines: _Lines) -> Dialect | None:
        """Look at the first line; None where the file is empty."""
        first = lines.peek()
        separator = separator_line(first)
        if separator is not None and self._reading.delimiter is None:
            next(lines)
            return Dialect(separator, self._reading.quote, self._reading.escape)
        return find_dialect(first, self._given) if first else None

    def _header(self, records: _Records) -> list[str] | None:
        """The columns, which hold what events need; None where there are no records."""
        if self._reading.header is not None:
            header = list(self._reading.header)
        else:
            first = next(iter(records), None)
            if first is None:
                return None
            header = column_names(first[1])
        self._added = self._given.added(header)
        self.columns = [*header, *self._added]
        self._given.check_columns(header, _HINT)
        return header

    def _json(self, header: list[str], record: list[str]) -> str:
        """A record whose number of fields is wrong, or whose columns are alike, or with nulls."""
        row: dict[str, str | None] = dict(zip(header, record, strict=False))
        for number, surplus in enumerate(record[len(header) :], len(header) + 1):
            row[f"column {number}"] = surplus
        row.update(self._added)
        return _dumped({key: None if text in self._nulls else text for key, text in row.items()})

    def _template(self, header: list[str]) -> str | None:
        """A row of JSON with a place for each field; None where columns are alike.

        Filling it takes half the time of encoding a dictionary.
        """
        if len(set(header)) < len(header):
            return None
        fields = [f"{_key(column)}:%s" for column in header]
        fields += [
            f"{_key(column)}:{_dumped(text).replace(chr(37), chr(37) * 2)}"
            for column, text in self._added.items()
        ]
        return f"{{{','.join(fields)}}}"


def _key(column: str) -> str:
    return encode_basestring(column).replace("%", "%%")


def _refused(row: str, record: list[str], header: list[str]) -> _Refused | None:
    """Why a record is no row, in short and at length, and what it said."""
    if not row.isascii() and (whole := not_utf8(row)) is not None:
        return "invalid_utf8", f"the row is not UTF-8; {OTHER_ENCODING}", whole
    if len(record) != len(header):
        return "wrong_field_count", f"{len(record)} fields, but {len(header)} columns", row
    return None


class _Records:
    """The records of a file that are not blank, each with the line on which it begins."""

    def __init__(self, lines: _Lines, dialect: Dialect) -> None:
        self._lines = lines
        self._check = dialect.quote_check()
        #: What a field with a quote in it has in JSON.
        self.quote_in_json = json.dumps(dialect.quote or "")[1:-1]
        self._escaped_quote = f"\\{dialect.quote}" if dialect.quote and not dialect.escape else ""
        lines.escaped_quote = self._escaped_quote
        lines.literal_escapes = dialect.literal_escapes()
        lines.escape = dialect.escape or ""
        csv.field_size_limit(_MAX_RECORD)
        settings: dict[str, Any] = dialect.settings()
        self._records = csv.reader(lines, **settings)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        lines = self._lines
        while True:
            lines.begin_record()
            try:
                record = next(self._records)
            except StopIteration:
                return
            except csv.Error as error:
                raise self._error(error) from error
            if lines.ended:  # a record that is whole never asks for a line after the last
                raise self._left_open()
            if record:
                yield lines.begun, record

    def stray_quote(self, row: str) -> _Refused | None:
        """Whether the record at hand has a quote within a field that is not quoted.

        ``row`` is the same as JSON. Raises LoaderError where backslashes stood before quotes: then
        nobody knows where fields begin and end.
        """
        if self._check is None:
            return None
        if self._check(self._lines.record()):
            return None
        if self._lines.backslashes:
            raise self._stopped("a quote stands within a field that is not quoted")
        return "stray_quote", "a quote stands within a field that is not quoted", row

    def _error(self, error: csv.Error) -> LoaderError:
        if self._lines.ended:
            return self._left_open()
        if "expected after" in str(error):
            where = "" if self._lines.line == self._lines.begun else f" in line {self._lines.line}"
            return self._stopped(f"a quoted field is followed by text{where}")
        lines = self._lines
        return LoaderError(f"{lines.name}, line {lines.begun}: {error}. Is a quote left open?")

    def _left_open(self) -> LoaderError:
        return self._stopped("a quote is opened here and never closed")

    def _stopped(self, what: str) -> LoaderError:
        lines = self._lines
        todo = "Double the quotes within quoted fields, or name the dialect: --escape, --quote."
        if lines.backslashes:
            todo = (
                "Backslashes stand before quotes in it: if they belong to them, append it with "
                "--escape backslash; else double the quotes within quoted fields."
            )
        return LoaderError(
            f"{lines.name}, line {lines.begun}: {what}, which CSV (RFC 4180) does not allow. {todo}"
        )


class _Lines:
    """Physical lines for `csv.reader`, counted; never holds more than one record."""

    def __init__(self, stream: TextStream) -> None:
        self.name = stream.name
        # Bytes that are not UTF-8 become lone surrogates, for the row to be rejected later.
        buffered = io.BufferedReader(stream, 1 << 20)
        self._text = io.TextIOWrapper(
            buffered, encoding="utf-8-sig", errors="surrogateescape", newline=""
        )
        self.line = 0
        self.begun = 1
        self.ended = False
        self._last = "\n"
        self.literal_escapes: Any = None
        self.escape = ""
        self.escaped_quote = ""
        # Whether any line so far has a backslash before a quote.
        self.backslashes = False
        self._peeked: str | None = None
        self._record: list[str] = []
        self._held = 0

    def peek(self) -> str:
        """The first line; empty where there is none."""
        self._peeked = self._text.readline(_MAX_RECORD)
        return self._peeked

    @property
    def ends_with_line_end(self) -> bool:
        """Whether the line at hand does, as the last one of a file should."""
        return self._last.endswith(("\n", "\r"))

    def begin_record(self) -> None:
        self.begun = self.line + 1
        self._held = 0
        self._record.clear()

    def record(self) -> str:
        """The record at hand as it stands in the file."""
        return "".join(self._record)

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line, self._peeked = self._peeked, None
        if line is None:
            line = self._text.readline(_MAX_RECORD)
        if not line:
            self.ended = True
            raise StopIteration
        self.line += 1
        self._held += len(line)
        if self._held >= _MAX_RECORD:
            raise LoaderError(
                f"{self.name}, line {self.begun}: a record of more than "
                f"{_MAX_RECORD >> 20} MiB. Is a quote left open?"
            )
        self._record.append(line)
        if self.escaped_quote and self.escaped_quote in line:
            self.backslashes = True
        self._last = line
        if self.escape and self.escape in line:
            return str(self.literal_escapes.sub(r"\1\2\2", line))
        return line
