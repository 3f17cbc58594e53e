"""A target of type duckdb, and how to open its file.

Whatever keeps it from being opened ends in a LoaderError that says what to do.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

# DuckDB imports it when it first hands over a time, and takes a Ctrl-C meanwhile for its absence.
import pytz  # type: ignore[import-untyped]  # noqa: F401

from loader import explain, quiet_duckdb
from loader.errors import LoaderError
from loader.names import check_duckdb_file
from loader.targets.base import Target

_LOCK_POLL_SECONDS = 0.1


def duckdb_target(name: str, output: Mapping[str, Any], raw_schema: str, where: str) -> Target:
    """The target of these settings; LoaderError, which begins with ``where``, if there is none."""
    path = str(output.get("path") or ":memory:")
    if path.startswith((":memory:", "md:", "motherduck:", "ducklake:")):
        raise LoaderError(
            f"{where} has the path {path!r}, and the loader needs a DuckDB file. "
            "Set 'path:' to one, such as events.duckdb."
        )
    file = Path(path).expanduser() if path.startswith("~") else Path(path)
    check_duckdb_file(file, where)
    return Target(
        name=name,
        engine="duckdb",
        schema=str(output.get("schema") or "main"),
        raw_schema=raw_schema,
        path=file,
        settings=output.get("settings") or {},
        config_options=output.get("config_options") or {},
    )


def check_duckdb_file_exists(target: Target) -> None:
    """Raise LoaderError unless it does: opening it to write would make one."""
    if not target.duckdb_path.exists():
        raise LoaderError(
            f"There is no DuckDB file {target.duckdb_path}. Create it with: loader init"
        )


def open_duckdb(
    target: Target, read_only: bool = False, wait_seconds: float = 0.0
) -> duckdb.DuckDBPyConnection:
    """Open the DuckDB file, waiting up to ``wait_seconds`` while another process holds it.

    Raises LoaderError saying what to do. Times are shown in UTC.
    """
    path = target.duckdb_path
    if read_only:
        check_duckdb_file_exists(target)
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            connection = quiet_duckdb.connect(
                path, read_only=read_only, config=target.config_options
            )
            break
        except duckdb.Error as error:
            locked = "Could not set lock" in str(error)
            if not locked or time.monotonic() >= deadline:
                raise LoaderError(explain.duckdb_connection(path, error)) from error
            time.sleep(_LOCK_POLL_SECONDS)
    try:
        for key, value in target.settings.items():
            text = str(value).replace("'", "''")
            connection.execute(f"set {key} = '{text}'")
        quiet_duckdb.settle(connection)
    except duckdb.Error as error:
        connection.close()
        raise LoaderError(
            f"DuckDB refuses a setting of target {target.name!r}: {explain.first_line(error)}. "
            "Correct 'settings:' in profiles.yml."
        ) from error
    return connection
