"""How sources are read, where their names and their first bytes do not say it."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

Format = Literal["jsonl", "csv", "parquet", "avro", "arrow", "orc", "excel"]
FORMATS: tuple[Format, ...] = get_args(Format)

#: What a field of a table says where it says nothing.
DEFAULT_NULLS = ("", "\\N")
#: Words for delimiters and quotes that a command line can hardly say.
_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
_NONE = "none"
_ESCAPES = {"backslash": "\\", _NONE: None}
_UTF8 = ("utf-8", "utf8", "utf-8-sig")


@dataclass(frozen=True)
class ReadOptions:
    """Settings of the readers; what is None is found out.

    ``format`` is that of all sources, ``fallback`` of those of which neither name nor first bytes
    tell one. ``records`` is a JSON pointer to the rows within a document.
    ``delimiter``, ``quote`` and ``escape`` are one character each, or a word for one (``tab``);
    the quote ``none`` means that quotes are characters as any other. ``header`` names the columns
    of a table that has no header line. ``nulls`` are the texts that say nothing in a table,
    `DEFAULT_NULLS` in any case. ``hive_partitions`` makes ``key=value`` in the path of a file a
    column. Raises ValueError for what no reader understands.
    """

    format: Format | None = None
    fallback: Format | None = None
    records: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = '"'
    escape: str | None = None
    header: tuple[str, ...] | None = None
    nulls: tuple[str, ...] = DEFAULT_NULLS
    sheet: str | None = None
    hive_partitions: bool = False

    def __post_init__(self) -> None:
        for format_ in (self.format, self.fallback):
            if format_ is not None and format_ not in FORMATS:
                raise ValueError(f"{format_!r} is no format; formats are {', '.join(FORMATS)}")
        if self.records is not None and not self.records.startswith("/"):
            raise ValueError(f"records {self.records!r} is no JSON pointer, such as /results")
        self._set("nulls", tuple(dict.fromkeys((*DEFAULT_NULLS, *self.nulls))))
        self._set("delimiter", _DELIMITERS.get(self.delimiter or "", self.delimiter))
        self._set("quote", None if self.quote in (_NONE, "") else self.quote)
        self._set("escape", _ESCAPES.get(self.escape or _NONE, self.escape))
        self._set("header", tuple(self.header) if self.header is not None else None)
        given = {"delimiter": self.delimiter, "quote": self.quote, "escape": self.escape}
        for name, value in given.items():
            if value is not None and (len(value) != 1 or value in "\r\n\0 "):
                raise ValueError(f"{name} {value!r} is not one character")
        if len({value for value in given.values() if value}) < sum(map(bool, given.values())):
            raise ValueError("delimiter, quote and escape must be different characters")
        if self.header is not None and not all(self.header):
            raise ValueError("header names an empty column")
        if self.encoding is not None:
            self._set("encoding", _encoding(self.encoding))

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def with_defaults(self, defaults: Mapping[str, Any]) -> ReadOptions:
        """The same, with ``defaults`` (as from YAML) for whatever has its own default here.

        Raises ValueError for unknown names and values that no reader understands.
        """
        plain = ReadOptions()
        changes: dict[str, Any] = {}
        for name, value in defaults.items():
            if not hasattr(plain, name) or name.startswith("_"):
                raise ValueError(f"{name!r} is no option for reading")
            if getattr(self, name) == getattr(plain, name):
                changes[name] = tuple(value) if isinstance(value, list) else value
        return replace(self, **changes)


def _encoding(name: str) -> str | None:
    """The encoding's own name; None for UTF-8, which needs no converting."""
    try:
        found = codecs.lookup(name)
        "a".encode(name)
    except LookupError:
        raise ValueError(
            f"there is no encoding {name!r}; latin-1, cp1252, utf-16 and shift_jis are some"
        ) from None
    return None if found.name in _UTF8 else found.name
