"""Files of events: one for each month, sorted by user and time, so that readers can skip most.

Parquet keeps the least and the greatest value of each column of each group of rows: a reader that
asks for some users reads the groups that may hold them, and one that asks for a month its files.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from loader.lake.manifest import DataFile, Manifest
from loader.lake.storage import Storage

#: Columns of the files and their types, by DuckDB's names. Ids are texts, as not every engine that
#: reads Parquet knows its type of UUIDs.
EVENT_COLUMNS = {
    "event_id": "varchar",
    "event_name": "varchar",
    "event_time": "timestamptz",
    "user_id": "varchar",
    "properties": "json",
    "ingested_at": "timestamptz",
}
_ROWS_OF_A_GROUP = 65_536
_OPTIONS = f"format parquet, compression zstd, row_group_size {_ROWS_OF_A_GROUP}"


def text(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def parquet(storage: Storage, names: Sequence[str], options: str = "") -> str:
    """What reads files, as it stands after ``from``."""
    places = ", ".join(text(storage.place(name)) for name in names)
    return f"read_parquet([{places}]{options})"


def write_events(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, rows: str
) -> list[DataFile]:
    """Write the events of a query, a file for each month; nobody reads them before they are listed.

    ``rows`` is a select, or a table, with `EVENT_COLUMNS`, of which event_id may be a uuid.
    """
    months = connection.execute(
        f"select distinct strftime(event_time, '%Y-%m') from ({rows}) order by 1"
    ).fetchall()
    return [_write_month(connection, manifest, rows, month) for (month,) in months]


def _write_month(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, rows: str, month: str
) -> DataFile:
    name = f"events/{manifest.partition}/month={month}/{uuid.uuid4().hex}.parquet"
    columns = ", ".join(
        f"cast({column} as {kind}) as {column}" for column, kind in EVENT_COLUMNS.items()
    )
    year, number = map(int, month.split("-"))
    following = f"{year + number // 12:04}-{number % 12 + 1:02}"
    with manifest.storage.writing(name) as path:
        connection.execute(f"""
            copy (
                select {columns} from ({rows})
                where event_time >= timestamptz '{month}-01 00:00:00+00'
                    and event_time < timestamptz '{following}-01 00:00:00+00'
                order by user_id, event_time, event_id
            ) to {text(str(path))} ({_OPTIONS})
        """)
        return described(connection, path, name, month)


def described(connection: duckdb.DuckDBPyConnection, path: Path, name: str, month: str) -> DataFile:
    """What the manifest says of a file that was written just now."""
    times = ", ".join(
        f"strftime({bound}({column}), '%Y-%m-%dT%H:%M:%S.%f+00:00')"
        for column in ("event_time", "ingested_at")
        for bound in ("min", "max")
    )
    [(rows, *bounds)] = connection.execute(
        f"select count(*), {times} from read_parquet({text(str(path))})"
    ).fetchall()
    return DataFile(name, rows, path.stat().st_size, month, *bounds)


def write_rows(
    connection: duckdb.DuckDBPyConnection, storage: Storage, name: str, query: str
) -> None:
    """Write the rows of a query into one file."""
    with storage.writing(name) as path:
        connection.execute(f"copy ({query}) to {text(str(path))} ({_OPTIONS})")


def insert_objects(
    connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], rows: list[Any]
) -> None:
    """Insert rows, each a dictionary, through one text of JSON."""
    if rows:
        spec = json.dumps([columns])
        connection.execute(
            f"insert into {table} by name select unnest(from_json(?, '{spec}'), recursive := true)",
            [json.dumps(rows, ensure_ascii=False)],
        )
