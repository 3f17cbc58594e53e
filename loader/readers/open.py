"""Choosing the reader of a source."""

from __future__ import annotations

from loader.field_names import FieldNames
from loader.readers.block import Reader
from loader.readers.csv_table import CsvReader
from loader.readers.json_lines import JsonLinesReader
from loader.readers.parquet import ParquetReader
from loader.readers.source import ByteStream, Source


def open_reader(
    source: Source, stream: ByteStream, *, names: FieldNames, block_bytes: int, max_bytes: int
) -> Reader:
    """The reader for the format of ``source``, whose open bytes are ``stream``."""
    if source.format == "jsonl":
        return JsonLinesReader(stream, block_bytes=block_bytes, max_bytes=max_bytes)
    if source.format == "csv":
        return CsvReader(stream, block_bytes=block_bytes, names=names)
    return ParquetReader(source, stream, block_bytes=block_bytes, names=names)
