"""Avro, read by fastavro."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from loader.errors import LoaderError
from loader.readers.block import Block
from loader.readers.extras import needed
from loader.readers.given import Given
from loader.readers.python_rows import blocks_of


class AvroReader:
    """Streams the records of an object container file."""

    text_properties = True

    def __init__(self, given: Given) -> None:
        self.notes: list[str] = []
        self.columns: Sequence[str] = ()
        self._given = given
        self._avro = needed("fastavro", given.name, "files")

    def blocks(self) -> Iterator[Block]:
        """The records, numbered from 1; LoaderError for a damaged file and missing fields."""
        rows = self._records()
        yield from blocks_of(
            rows, block_bytes=self._given.block_bytes, position=lambda: self._given.stream.position
        )

    def _records(self) -> Iterator[dict[str, Any]]:
        name = self._given.name
        try:
            records = self._avro.reader(self._given.stream)
            fields = records.writer_schema.get("fields")
            if not isinstance(fields, list):
                raise LoaderError(f"{name} holds values of Avro that are no records.")
            columns = [field["name"] for field in fields]
            extra = self._given.added(columns)
            self.columns = [*columns, *extra]
            self._given.check_columns(columns)
            for record in records:
                yield {**record, **extra}
        except (LoaderError, GeneratorExit):
            raise
        except Exception as error:
            detail = (str(error) or type(error).__name__).splitlines()[0]
            raise LoaderError(
                f"Cannot read {name} as Avro: {detail}. Write or fetch it again."
            ) from error
