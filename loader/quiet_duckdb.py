"""Connections to DuckDB that write nothing to standard output of their own accord.

In a program that it takes for somebody at a prompt (`python -c`, a notebook, whatever has no file
as its main module), DuckDB draws a progress bar there once a query takes over two seconds, even
into a pipe or file that waits for data. The setting belongs to each connection and cannot be given
when it is opened; a cursor is a connection, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb


def connect(
    path: str | Path = ":memory:",
    *,
    read_only: bool = False,
    config: Mapping[str, Any] | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open a database, as `duckdb.connect` does, with times in UTC."""
    return settle(duckdb.connect(str(path), read_only=read_only, config=dict(config or {})))


def cursor_of(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Another connection to the same database, for another thread."""
    return settle(connection.cursor())


def settle(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Set what every connection has, whatever profiles.yml says of it."""
    connection.execute("set enable_progress_bar = false")
    connection.execute("set TimeZone = 'UTC'")
    return connection
