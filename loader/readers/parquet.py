"""Parquet, read by DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb

from loader.errors import LoaderError
from loader.quiet_duckdb import connect
from loader.readers.block import Block
from loader.readers.columnar import Rows, limit, path_of, seekable
from loader.readers.given import Given

_MAGIC = b"PAR1"
_TABLE = "read_parquet($path, hive_partitioning = false)"


class ParquetReader:
    """Streams the columns that events are made from.

    What is no plain file is first written to a temporary one, since Parquet cannot be read from
    the front.
    """

    text_properties = True

    def __init__(self, given: Given) -> None:
        self.notes: list[str] = []
        self.columns: Sequence[str] = ()
        self._given = given

    def blocks(self) -> Iterator[Block]:
        """The rows, numbered from 1; LoaderError for a damaged file and for missing columns."""
        name = self._given.name
        head = self._given.stream.peek()
        if not head.startswith(_MAGIC):
            if not head:
                raise LoaderError(
                    f"{name} is empty (0 bytes), and a Parquet file never is. "
                    "Write or fetch it again."
                )
            raise LoaderError(
                f"{name} is not Parquet (it does not begin with PAR1). "
                "Choose its format with --format."
            )
        with seekable(self._given.source, self._given.stream) as file, connect() as connection:
            path = path_of(file)
            try:
                yield from self._read(connection, path)
            except duckdb.Error as error:
                detail = str(error).splitlines()[0].replace(path, name)
                raise LoaderError(
                    f"Cannot read {name} as Parquet: {detail}. Write or fetch it again."
                ) from error

    def _read(self, connection: duckdb.DuckDBPyConnection, path: str) -> Iterator[Block]:
        limit(connection)
        parameters = {"path": path}
        relation = connection.sql(f"select * from {_TABLE}", params=parameters)
        columns = _columns(connection, path)
        self.columns = [*columns, *self._given.added(columns)]
        self._given.check_columns(columns)
        rows = Rows(connection, _TABLE, relation, columns, self._given)
        yield from rows.blocks(self._given.source.size, parameters)


def _columns(connection: duckdb.DuckDBPyConnection, path: str) -> list[str]:
    """The names of the columns as the file has them."""
    schema = connection.execute(
        "select name, coalesce(num_children, 0) from parquet_schema(?)", [path]
    ).fetchall()
    columns: list[str] = []
    at = 1  # after the root, whose children they are
    while at < len(schema):
        columns.append(schema[at][0])
        nested = 1
        while nested:
            nested += schema[at][1] - 1
            at += 1
    return columns
