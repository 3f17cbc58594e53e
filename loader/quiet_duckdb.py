"""Connections to DuckDB that write nothing to standard output of their own accord.

In a program that it takes for somebody at a prompt (`python -c`, a notebook, whatever has no file
as its main module), DuckDB draws a progress bar there once a query takes over two seconds, even
into a pipe or file that waits for data. The setting belongs to each connection and cannot be given
when it is opened; a cursor is a connection, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb

from loader.interrupts import not_now


def connect(
    path: str | Path = ":memory:",
    *,
    read_only: bool = False,
    config: Mapping[str, Any] | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open a database, as `duckdb.connect` does, with times in UTC."""
    connection = duckdb.connect(str(path), read_only=read_only, config=dict(config or {}))
    _import_all()
    return settle(connection)


def cursor_of(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Another connection to the same database, for another thread."""
    return settle(connection.cursor())


def settle(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Set what every connection has, whatever profiles.yml says of it."""
    connection.execute("set enable_progress_bar = false")
    connection.execute("set TimeZone = 'UTC'")
    return connection


@cache
def _import_all() -> None:
    """Let DuckDB import what it needs for values, of which it takes a Ctrl-C for the absence."""
    values = [["text"], datetime(2000, 1, 1, tzinfo=UTC), Decimal(1), UUID(int=0)]
    with not_now(), duckdb.connect() as connection:
        connection.execute("select ?, ?, ?, ?", values).fetchall()
