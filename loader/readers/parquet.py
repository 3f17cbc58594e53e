"""Parquet: read by DuckDB, each row turned into one line of JSON."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from loader.errors import LoaderError
from loader.explain import full_disk
from loader.field_names import FieldNames
from loader.quiet_duckdb import connect
from loader.readers.block import Block
from loader.readers.source import ByteStream, Source
from loader.readers.table import check_columns

_MAGIC = b"PAR1"
_MEMORY = "256MB"
_ROWS_AT_ONCE = 2048


class ParquetReader:
    """Streams the columns that events are made from.

    Standard input and compressed files are first written to a temporary file, since Parquet
    cannot be read from the front.
    """

    text_properties = True

    def __init__(
        self, source: Source, stream: ByteStream, *, block_bytes: int, names: FieldNames
    ) -> None:
        self._source = source
        self._stream = stream
        self._block_bytes = block_bytes
        self._names = names

    def blocks(self) -> Iterator[Block]:
        """The rows, numbered from 1; LoaderError for a damaged file and for missing columns."""
        with self._seekable() as path, connect() as connection:
            try:
                yield from self._read(connection, path)
            except duckdb.Error as error:
                detail = str(error).splitlines()[0].replace(path, self._source.name)
                raise LoaderError(
                    f"Cannot read {self._source.name} as Parquet: {detail}. "
                    "Write or fetch it again."
                ) from error

    def _read(self, connection: duckdb.DuckDBPyConnection, path: str) -> Iterator[Block]:
        connection.execute(f"set memory_limit = '{_MEMORY}'")
        connection.execute("set threads = 1")
        table = "read_parquet(?, hive_partitioning = false)"
        described = connection.execute(f"describe select * from {table}", [path]).fetchall()
        columns = [row[0] for row in described]
        check_columns(self._source.name, columns, self._names)
        wanted = ", ".join(_member(column) for column in self._names.columns(columns))
        connection.execute(f"select to_json({{{wanted}}})::varchar from {table}", [path])
        rows: list[str] = []
        size = 0
        first = 1
        while chunk := connection.fetchmany(_ROWS_AT_ONCE):
            for (row,) in chunk:
                rows.append(row)
                size += len(row)
            if size >= self._block_bytes:
                yield Block("\n".join(rows), range(first, first + len(rows)), 0)
                first += len(rows)
                rows, size = [], 0
        if rows:
            yield Block("\n".join(rows), range(first, first + len(rows)), self._source.size)

    @contextmanager
    def _seekable(self) -> Iterator[str]:
        """The path of a file that can be read from anywhere."""
        head = self._stream.read(len(_MAGIC))
        if head != _MAGIC:
            raise LoaderError(
                f"{self._source.name} is not Parquet (it does not begin with PAR1). "
                "Choose its format with --format."
            )
        if not self._source.is_stdin and self._stream.is_plain:
            yield str(Path(self._source.name))
            return
        with tempfile.NamedTemporaryFile(suffix=".parquet") as copy:
            try:
                copy.write(head)
                shutil.copyfileobj(self._stream, copy, 1 << 20)
                copy.flush()
            except OSError as error:
                where = f"temporary files ({tempfile.gettempdir()})"
                raise LoaderError(full_disk(where, error)) from error
            yield copy.name


def _member(column: str) -> str:
    name = column.replace('"', '""')
    return f'"{name}": "{name}"'
