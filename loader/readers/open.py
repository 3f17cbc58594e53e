"""Choosing the reader of a source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from loader.field_names import Columns
from loader.readers.arrow import ArrowReader
from loader.readers.avro import AvroReader
from loader.readers.block import Block, Reader
from loader.readers.compression import ByteStream
from loader.readers.csv_table import CsvReader
from loader.readers.excel import ExcelReader
from loader.readers.given import Given
from loader.readers.hive import Partitions, partitions_of, with_partitions
from loader.readers.json_values import json_reader
from loader.readers.options import Format
from loader.readers.parquet import ParquetReader
from loader.readers.source import Source


def open_reader(
    source: Source, stream: ByteStream, *, names: Columns, block_bytes: int, max_bytes: int
) -> Reader:
    """The reader for the format of ``source``, whose open bytes are ``stream``.

    Raises LoaderError where its first bytes cannot be read, or a library is missing.
    """
    partitions = partitions_of(source.name) if source.reading.hive_partitions else {}
    return _READERS[source.format](Given(source, stream, names, partitions, block_bytes, max_bytes))


class _Partitioned:
    """A reader of JSON, whose rows get what folders say of them."""

    def __init__(self, reader: Reader, partitions: Partitions) -> None:
        self.text_properties = reader.text_properties
        self.notes = reader.notes
        self.columns: Sequence[str] = ()
        self._reader = reader
        self._partitions = partitions

    def blocks(self) -> Iterator[Block]:
        """The rows with the columns of the folders."""
        return with_partitions(self._reader.blocks(), self._partitions)


def _json(given: Given) -> Reader:
    reader = json_reader(given)
    return _Partitioned(reader, given.partitions) if given.partitions else reader


_READERS: dict[Format, Callable[[Given], Reader]] = {
    "jsonl": _json,
    "csv": CsvReader,
    "parquet": ParquetReader,
    "avro": AvroReader,
    "arrow": ArrowReader,
    "orc": ArrowReader,
    "excel": ExcelReader,
}
