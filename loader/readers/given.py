"""What every reader is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loader.field_names import Columns
from loader.readers.compression import ByteStream
from loader.readers.hive import Partitions
from loader.readers.options import ReadOptions
from loader.readers.source import Source
from loader.readers.table import check_columns


@dataclass(frozen=True)
class Given:
    """A source and its open bytes, what is looked for in it, and how large its blocks may be.

    Rows of more than ``max_bytes`` are rejected. ``partitions`` are columns that the folders of
    the source name.
    """

    source: Source
    stream: ByteStream
    names: Columns
    partitions: Partitions
    block_bytes: int
    max_bytes: int

    @property
    def name(self) -> str:
        """What reports call the source."""
        return self.source.name

    @property
    def reading(self) -> ReadOptions:
        """How the source is read."""
        return self.source.reading

    def added(self, columns: Sequence[str]) -> Partitions:
        """The partitions that are none of a table's columns."""
        return {key: value for key, value in self.partitions.items() if key not in columns}

    def check_columns(self, columns: Sequence[str], hint: str = "") -> None:
        """Raise LoaderError unless the columns, with the partitions, can hold events."""
        check_columns(self.name, [*columns, *self.added(columns)], self.names, hint)
