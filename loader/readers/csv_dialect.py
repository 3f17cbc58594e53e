"""What a CSV file's first lines say of it: delimiter and columns, and when a record is none."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loader.readers.given import Given
from loader.readers.options import ReadOptions

_CANDIDATES = ",;\t|"
_SEPARATOR_LINE = re.compile(r'"?sep=([^"\r\n])"?\r?\n?', re.IGNORECASE)


# Stands for a doubled quote while a record is looked at.
_DOUBLED = "\x01"


@dataclass(frozen=True)
class Dialect:
    """Characters with a meaning; without ``quote`` there are no quoted fields."""

    delimiter: str
    quote: str | None
    escape: str | None

    def settings(self) -> dict[str, object]:
        """The arguments of `csv.reader`."""
        return {
            "delimiter": self.delimiter,
            "quotechar": self.quote,
            "quoting": csv.QUOTE_NONE if self.quote is None else csv.QUOTE_MINIMAL,
            "escapechar": self.escape,
            "strict": True,
        }

    def quote_check(self) -> Callable[[str], bool] | None:
        """Tells of a record whether quotes stand around fields, or doubled in quoted ones, only.

        None where quotes have no meaning.
        """
        if self.quote is None:
            return None
        quote, delimiter = re.escape(self.quote), re.escape(self.delimiter)
        escape = re.escape(self.escape) if self.escape else ""
        escaped = rf"|{escape}[\s\S]" if escape else ""
        quoted = rf"{quote}(?:[^{quote}{escape}]++|{quote}{quote}{escaped})*+{quote}"
        plain = rf"(?:[^{quote}{delimiter}{escape}\r\n]++{escaped})*+"
        whole = _records_of(rf"(?:{quoted}|{plain})", delimiter)
        if escape:
            return lambda record: whole.fullmatch(record) is not None
        # Most records match this simpler pattern, with doubled quotes out of the way.
        plain = rf"[^{quote}{delimiter}{_DOUBLED}\r\n]*+"
        simple = _records_of(rf"(?:{quote}[^{quote}]*+{quote}|{_DOUBLED}|{plain})", delimiter)
        doubled = self.quote * 2

        def check(record: str) -> bool:
            if simple.fullmatch(record.replace(doubled, _DOUBLED)):
                return True
            return whole.fullmatch(record) is not None

        return check

    def literal_escapes(self) -> re.Pattern[str] | None:
        r"""An escape before what needs none, as in ``\N`` and ``\n``, which stays as it is."""
        if self.escape is None:
            return None
        escape = re.escape(self.escape)
        meant = "".join(re.escape(mark) for mark in (self.quote or "", self.delimiter, self.escape))
        return re.compile(rf"(?<!{escape})((?:{escape}{escape})*)({escape})(?![{meant}\r\n])")


def _records_of(field: str, delimiter: str) -> re.Pattern[str]:
    return re.compile(rf"{field}(?:{delimiter}{field})*+[\r\n]*")


def separator_line(line: str) -> str | None:
    """The delimiter that a first line ``sep=;`` names, as spreadsheets write it."""
    found = _SEPARATOR_LINE.fullmatch(line)
    return found[1] if found else None


def find_dialect(line: str, given: Given) -> Dialect:
    """The dialect of a file that begins with ``line``.

    A delimiter is found out where it is clear: the only one of comma, semicolon, tab and pipe in
    the header; or of several the only one with which the header has all columns that events need;
    or, without a header, the only one that makes as many fields as there are columns. Else it is
    the comma.
    """
    reading = given.reading
    delimiter = reading.delimiter or _delimiter(line, given)
    return Dialect(delimiter, reading.quote, reading.escape)


def _delimiter(line: str, given: Given) -> str:
    reading = given.reading
    split = {
        mark: fields
        for mark in _CANDIDATES
        if mark != reading.quote and len(fields := _fields(line, mark, reading)) > 1
    }
    if reading.header is not None:
        fitting = [mark for mark, fields in split.items() if len(fields) == len(reading.header)]
    else:
        fitting = [
            mark
            for mark, fields in split.items()
            if not given.names.missing([*fields, *given.partitions])
        ]
        if len(split) == 1:
            fitting = list(split)
    return fitting[0] if len(fitting) == 1 else ","


def _fields(line: str, delimiter: str, reading: ReadOptions) -> list[str]:
    dialect = Dialect(delimiter, reading.quote, reading.escape)
    try:
        return next(csv.reader([line], **dialect.settings()), [])  # type: ignore[arg-type]
    except csv.Error:
        return line.split(delimiter)


def column_names(header: Sequence[str]) -> list[str]:
    """The names of columns; those without one are called by their number, as ``column 4``."""
    return [name or f"column {number}" for number, name in enumerate(header, 1)]
