"""Options that say how files are read."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from loader.commands.options import option
from loader.errors import UsageError
from loader.readers import FORMATS, ReadOptions

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    option(
        "--format",
        envvar="LOADER_APPEND_FORMAT",
        type=click.Choice(FORMATS),
        help="Format of all files; else their endings or first bytes tell (standard input: jsonl).",
    ),
    option(
        "--records",
        envvar="LOADER_APPEND_RECORDS",
        metavar="/POINTER",
        help="Where the rows are within JSON documents: a JSON pointer, such as /results.",
    ),
    option(
        "--encoding",
        envvar="LOADER_APPEND_ENCODING",
        metavar="NAME",
        help="Encoding of texts that are not UTF-8: latin-1, cp1252, utf-16 … A byte order mark "
        "tells by itself.",
    ),
    option(
        "--delimiter",
        envvar="LOADER_APPEND_DELIMITER",
        metavar="CHARACTER",
        help="What stands between CSV fields: a character, or tab. Else the header tells, where "
        "it is clear.",
    ),
    option(
        "--quote",
        envvar="LOADER_APPEND_QUOTE",
        metavar="CHARACTER",
        help='What stands around CSV fields, else "; none: quotes have no meaning.',
    ),
    option(
        "--escape",
        envvar="LOADER_APPEND_ESCAPE",
        metavar="CHARACTER",
        help="What stands before quotes within CSV fields, besides another quote: a character, or "
        "backslash.",
    ),
    option(
        "--header",
        envvar="LOADER_APPEND_HEADER",
        metavar="NAME,NAME,…",
        help="The columns of CSV files and spreadsheets that have no header line.",
    ),
    option(
        "--null",
        "nulls",
        envvar="LOADER_APPEND_NULL",
        multiple=True,
        metavar="TEXT",
        help="A text that stands for no value in CSV files and spreadsheets, besides the empty one "
        "and \\N. May be given several times.",
    ),
    option(
        "--sheet",
        envvar="LOADER_APPEND_SHEET",
        metavar="NAME",
        help="The sheet of a spreadsheet; else the first.",
    ),
    option(
        "--hive-partitions",
        is_flag=True,
        envvar="LOADER_APPEND_HIVE_PARTITIONS",
        help="Take folders such as date=2026-03-01 for columns.",
    ),
)


def reading_options(command: Command) -> Command:
    """Add the options on how files are read; the command receives them as ``reading``."""

    @wraps(command)
    def wrapped(**arguments: Any) -> Any:
        given = {name: arguments.pop(name) for name in _NAMES}
        return command(reading=_read_options(**given), **arguments)

    decorated: Any = wrapped
    for decorate in reversed(_OPTIONS):
        decorated = decorate(decorated)
    return decorated  # type: ignore[no-any-return]


_NAMES = (
    *("format", "records", "encoding", "delimiter", "quote"),
    *("escape", "header", "nulls", "sheet", "hive_partitions"),
)


def _read_options(*, header: str | None, quote: str | None, **given: Any) -> ReadOptions:
    settings = {name: value for name, value in given.items() if value not in (None, ())}
    if header is not None:
        settings["header"] = tuple(name.strip() for name in header.split(","))
    if quote is not None:
        settings["quote"] = quote
    try:
        return ReadOptions(**settings)
    except ValueError as error:
        raise UsageError(f"{error}.") from error
