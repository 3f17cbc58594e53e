"""Arrow IPC, Feather and ORC, read by pyarrow and turned into rows by DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import duckdb

from loader.errors import LoaderError
from loader.quiet_duckdb import connect
from loader.readers.block import Block
from loader.readers.columnar import Rows, limit, seekable
from loader.readers.extras import needed
from loader.readers.given import Given

_FILE_MAGIC = b"ARROW1"
_FEATHER_1_MAGIC = b"FEA1"
_TABLE = "batches"
_WHAT = {"arrow": "Arrow or Feather", "orc": "ORC"}


class ArrowReader:
    """Streams batches of rows; the columns that nothing reads are not turned into texts."""

    text_properties = True

    def __init__(self, given: Given) -> None:
        self.notes: list[str] = []
        self.columns: Sequence[str] = ()
        self._given = given
        self._arrow = needed("pyarrow", given.name, "files")

    def blocks(self) -> Iterator[Block]:
        """The rows, numbered from 1; LoaderError for a damaged file and for missing columns."""
        name = self._given.name
        what = _WHAT[self._given.source.format]
        with seekable(self._given.source, self._given.stream) as file, connect() as connection:
            limit(connection)
            try:
                batches = self._batches(file)
                columns = list(batches.schema.names)
                self.columns = [*columns, *self._given.added(columns)]
                self._given.check_columns(columns)
                relation = connection.from_arrow(batches)
                relation.create_view(_TABLE)
                rows = Rows(connection, _TABLE, relation, columns, self._given)
                yield from rows.blocks(self._given.source.size)
            except (duckdb.Error, self._arrow.ArrowException, OSError, ValueError) as error:
                detail = (str(error) or type(error).__name__).splitlines()[0]
                raise LoaderError(
                    f"Cannot read {name} as {what}: {detail}. Write or fetch it again."
                ) from error

    def _batches(self, file: BinaryIO) -> Any:
        """A pyarrow.RecordBatchReader over the file."""
        if self._given.source.format == "orc":
            table = needed("pyarrow.orc", self._given.name, "files").ORCFile(file)
            return self._reader(
                table.schema, (table.read_stripe(number) for number in range(table.nstripes))
            )
        head = file.read(len(_FILE_MAGIC))
        file.seek(0)
        ipc = needed("pyarrow.ipc", self._given.name, "files")
        if head.startswith(_FEATHER_1_MAGIC):
            feather = needed("pyarrow.feather", self._given.name, "files")
            return feather.read_table(file, memory_map=False).to_reader()
        if head == _FILE_MAGIC:
            opened = ipc.open_file(file)
            return self._reader(
                opened.schema,
                (opened.get_batch(number) for number in range(opened.num_record_batches)),
            )
        return ipc.open_stream(file)

    def _reader(self, schema: Any, batches: Iterator[Any]) -> Any:
        return self._arrow.RecordBatchReader.from_batches(schema, batches)
