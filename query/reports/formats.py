"""Rows as JSON, CSV, Arrow or Parquet, and which of them a client wants."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from query.catalog import Column
from query.errors import unknown
from query.reports.values import plain
from serving.errors import HttpError

if TYPE_CHECKING:
    import pyarrow as pa

#: What ``format=`` may be, and the media type of each.
FORMATS = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8; header=present",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
_ACCEPTED = {
    "application/json": "json",
    "application/*": "json",
    "*/*": "json",
    "text/csv": "csv",
    "text/*": "csv",
    "application/vnd.apache.arrow.stream": "arrow",
    "application/vnd.apache.parquet": "parquet",
}


def format_of(named: str | None, accept: str) -> str:
    """The format that a parameter names, or else the header Accept; HttpError 400 or 406."""
    if named:
        if named not in FORMATS:
            raise unknown("format", named, FORMATS)
        return named
    if not accept.strip():
        return "json"
    wanted = []
    for place, part in enumerate(accept.split(",")):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((_weight(one[2:]) for one in parameters if one.startswith("q=")), 1.0)
        if media in _ACCEPTED and weight > 0:
            wanted.append((-weight, place, _ACCEPTED[media]))
    if not wanted:
        listed = ", ".join(one.partition(";")[0] for one in FORMATS.values())
        raise HttpError(406, "not_acceptable", "There is no such format.", f"There are: {listed}.")
    return min(wanted)[2]


def _weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def as_json(
    columns: Sequence[Column], rows: Sequence[Sequence[Any]], about: Mapping[str, object]
) -> bytes:
    """An object with the rows as objects, and what there is to say about them."""
    names = [column.name for column in columns]
    makers = [plain(column.data_type) for column in columns]
    listed = [
        {
            name: value if maker is None else maker(value)
            for name, maker, value in zip(names, makers, row, strict=True)
        }
        for row in rows
    ]
    content = {**about, "rows": listed}
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def as_bytes(
    name: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Any]],
    about: Mapping[str, str],
) -> bytes:
    """The rows as csv, arrow or parquet; Arrow's schema has ``about`` as its metadata.

    In CSV texts are in double quotes, so that an empty one is no null.
    """
    table = _table(columns, rows, about)
    sink = io.BytesIO()
    if name == "csv":
        from pyarrow import csv  # noqa: PLC0415 (half a second that few need)

        csv.write_csv(table, sink)
    elif name == "arrow":
        from pyarrow import ipc  # noqa: PLC0415 (as above)

        with ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
    else:
        from pyarrow import parquet  # noqa: PLC0415 (as above)

        parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _table(
    columns: Sequence[Column], rows: Sequence[Sequence[Any]], about: Mapping[str, str]
) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415 (as above)

    types = {
        "bigint": pa.int64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "double precision": pa.float64(),
        "text": pa.string(),
        "timestamp with time zone": pa.timestamp("us", tz="UTC"),
    }
    fields = [pa.field(column.name, types[column.data_type]) for column in columns]
    by_column: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [pa.array(values, field.type) for values, field in zip(by_column, fields, strict=True)]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=dict(about)))
