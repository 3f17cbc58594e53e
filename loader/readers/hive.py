"""Columns that the folders of a file name, as Hive and Spark write them: ``date=2024-03-01/…``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import unquote

from loader.readers.block import Block

_NULL = "__HIVE_DEFAULT_PARTITION__"

#: Names of columns and their values; None where the folder says that there is none.
Partitions = dict[str, str | None]


def partitions_of(name: str) -> Partitions:
    """The columns that the folders of the file ``name`` give all of its rows."""
    found: Partitions = {}
    for part in PurePosixPath(name.replace(":", "/")).parent.parts:
        key, equals, value = part.partition("=")
        if equals and key:
            found[unquote(key)] = None if value == _NULL else unquote(value)
    return found


def with_partitions(blocks: Iterator[Block], partitions: Partitions) -> Iterator[Block]:
    """The blocks with these members in each row that is an object without them."""
    if not partitions:
        yield from blocks
        return
    for block in blocks:
        text = "\n".join(_row(row, partitions) for row in block.text.split("\n"))
        yield Block(text, block.lines, block.position, block.rejected)


def _row(row: str, partitions: Partitions) -> str:
    given = row.strip(" \t\r")
    if not given.endswith("}"):
        return row
    try:
        value = json.loads(given)
    except (ValueError, RecursionError):
        return row
    new = {key: text for key, text in partitions.items() if key not in value}
    if not isinstance(value, dict) or not new:
        return row
    members = json.dumps(new, ensure_ascii=False, separators=(",", ":"))[1:-1]
    return f"{given[:-1]}{',' if value else ''}{members}}}"
