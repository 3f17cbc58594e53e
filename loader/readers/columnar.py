"""Tables of columns (Parquet, Arrow, ORC): DuckDB turns each row into one line of JSON."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import duckdb

from loader.errors import LoaderError
from loader.explain import full_disk
from loader.readers.block import Block, RejectedRow, stored_text
from loader.readers.compression import ByteStream
from loader.readers.given import Given
from loader.readers.source import Source

_MEMORY = "256MB"
_ROWS_AT_ONCE = 2048


@contextmanager
def seekable(source: Source, stream: ByteStream) -> Iterator[BinaryIO]:
    """An open file that holds the stream and has a number, to be read from anywhere.

    A plain file is itself; a copy in a temporary file stands for anything else.
    """
    path = source.path
    if path is not None and stream.is_plain:
        with path.open("rb") as file:
            yield file
        return
    with tempfile.TemporaryFile() as copy:
        try:
            shutil.copyfileobj(cast(BinaryIO, stream), copy, 1 << 20)
            copy.flush()
        except OSError as error:
            where = f"temporary files ({tempfile.gettempdir()})"
            raise LoaderError(full_disk(where, error)) from error
        copy.seek(0)
        yield cast(BinaryIO, copy)


def path_of(file: BinaryIO) -> str:
    """A path to an open file in which DuckDB finds nothing to expand, whatever its name is."""
    return str(Path("/dev/fd") / str(file.fileno()))


def limit(connection: duckdb.DuckDBPyConnection) -> None:
    """Bound what a connection that reads may take."""
    connection.execute(f"set memory_limit = '{_MEMORY}'")
    connection.execute("set threads = 1")


class Rows:
    """Blocks of the rows of ``table``, an expression of SQL, whose columns are called ``columns``.

    ``relation`` stands for the same, and is only asked what DuckDB calls its columns.

    DuckDB has names of its own for columns that differ by case alone. Bytes are read as UTF-8, at
    any depth; a row in which they are not is rejected.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: str,
        relation: duckdb.DuckDBPyRelation,
        columns: Sequence[str],
        given: Given,
    ) -> None:
        self._connection = connection
        self._table = table
        self._block_bytes = given.block_bytes
        wanted = set(given.names.columns(columns))
        self._members: list[str] = []
        self._given: list[str] = []
        self._has_bytes = False
        for column, name, kind in zip(columns, relation.columns, relation.types, strict=True):
            if column in wanted:
                value = _text(identifier(name), kind)
                self._has_bytes = self._has_bytes or value != identifier(name)
                self._members.append(f"{literal(column)}, {value}")
                self._given.append(f"{literal(column)}, {identifier(name)}")
        for column, text in given.added(columns).items():
            member = f"{literal(column)}, {'null' if text is None else literal(text)}"
            self._members.append(member)
            self._given.append(member)

    def blocks(self, position: int, parameters: dict[str, str] | None = None) -> Iterator[Block]:
        """The rows, numbered from 1; ``position`` is that after the last.

        ``parameters`` are those of the table.
        """
        row = f"json_object({', '.join(self._members)})::varchar"
        given = "null"
        if self._has_bytes:
            # For a row that fails, what it says with bytes as escapes.
            row = f"try({row})"
            given = (
                f"case when {row} is null then json_object({', '.join(self._given)})::varchar end"
            )
        # Not through the relation, which takes three times as long to hand rows over.
        result = self._connection.execute(f"select {row}, {given} from {self._table}", parameters)
        rows: list[str] = []
        lines: list[int] = []
        rejected: list[RejectedRow] = []
        size = 0
        number = 0
        while chunk := result.fetchmany(_ROWS_AT_ONCE):
            if not self._has_bytes:
                rows += [row for row, _ in chunk]
                lines += range(number + 1, number + 1 + len(chunk))
                size += sum(len(row) for row, _ in chunk)
            else:
                for line, (row, given) in enumerate(chunk, number + 1):
                    size += len(row or given)
                    if row is None:
                        detail = "bytes in it are not UTF-8"
                        text = stored_text(given)
                        rejected.append(RejectedRow(line, "invalid_utf8", detail, text))
                    else:
                        rows.append(row)
                        lines.append(line)
            number += len(chunk)
            if size >= self._block_bytes:
                yield Block("\n".join(rows), _range(lines), 0, rejected)
                rows, lines, rejected, size = [], [], [], 0
        if rows or rejected:
            yield Block("\n".join(rows), _range(lines), position, rejected)


def literal(text: str) -> str:
    """A text in DuckDB's SQL."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name in DuckDB's SQL."""
    return '"' + name.replace('"', '""') + '"'


def _range(lines: list[int]) -> Sequence[int]:
    if lines and lines[-1] - lines[0] + 1 == len(lines):
        return range(lines[0], lines[-1] + 1)
    return lines


def _text(value: str, kind: Any, depth: int = 0) -> str:
    """SQL for a value of which all bytes are read as UTF-8; itself where there are none."""
    if kind.id == "blob":
        return f"decode({value})"
    if kind.id in ("list", "array"):
        return _list_text(value, kind, depth)
    if kind.id == "struct":
        return _struct_text(value, kind, depth)
    if kind.id == "map":
        return _map_text(value, kind, depth)
    return value


def _list_text(value: str, kind: Any, depth: int) -> str:
    name = f"item{depth}"
    item = _text(name, dict(kind.children)["child"], depth + 1)
    return value if item == name else f"list_transform({value}, lambda {name}: {item})"


def _struct_text(value: str, kind: Any, depth: int) -> str:
    fields = {name: f"{value}.{identifier(name)}" for name, _ in kind.children}
    texts = {name: _text(fields[name], child, depth) for name, child in kind.children}
    if texts == fields:
        return value
    members = ", ".join(f"{literal(name)}: {text}" for name, text in texts.items())
    return f"case when {value} is not null then {{{members}}} end"


def _map_text(value: str, kind: Any, depth: int) -> str:
    name = f"entry{depth}"
    children = dict(kind.children)
    given = (f"{name}.key", f"{name}.value")
    key, item = (
        _text(text, children[part], depth + 1)
        for text, part in zip(given, ("key", "value"), strict=True)
    )
    if (key, item) == given:
        return value
    entry = f"{{'k': {key}, 'v': {item}}}"
    return f"map_from_entries(list_transform(map_entries({value}), lambda {name}: {entry}))"
