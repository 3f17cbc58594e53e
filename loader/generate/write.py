"""Writes synthetic events: JSON lines or Parquet, the same bytes for the same plan."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import BinaryIO, Literal

import duckdb

from loader.errors import LoaderError
from loader.explain import first_line
from loader.generate.plan import Plan
from loader.output import whole_file
from loader.quiet_duckdb import connect

Format = Literal["jsonl", "parquet"]

#: Called with how many hundredths of the work were done since the last call.
Progress = Callable[[int], None]

_BATCH_ROWS = 20_000
# Of the time that JSON lines take, so many hundredths go by before the first one is there.
_BEFORE_FIRST_LINE = 75
_POLL_SECONDS = 0.2
# The sort goes to a temporary directory where it exceeds the limit. One thread, because several
# would each hold blocks and run out of it, and were not faster: the queries are one pipeline.
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "600MB",
    "threads": "1",
}

# A temporary file of DuckDB's own beside ours would stay when it is interrupted.
_PARQUET = """
copy (
    select
        event_id::uuid as event_id,
        event_name,
        event_time at time zone 'UTC' as event_time,
        user_id,
        properties
    from records
) to '{path}' (format parquet, compression zstd, use_tmp_file false)
"""


def write_events(
    plan: Plan,
    path: Path,
    file_format: Format,
    force: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write the events of ``plan`` to ``path``, whole or not at all.

    Raises UsageError for a file that exists (unless ``force``) and LoaderError when it cannot be
    written.
    """
    with whole_file(path, force) as temporary:
        if file_format == "jsonl":
            with temporary.open("wb") as stream:
                stream_events(plan, stream, progress)
            return
        with _events(plan) as connection, _watched(connection, progress, 100):
            connection.execute(_PARQUET.format(path=str(temporary).replace("'", "''")))


def stream_events(plan: Plan, stream: BinaryIO, progress: Progress | None = None) -> None:
    """Write the events of ``plan`` as JSON lines, in batches that do not grow with their number."""
    with _events(plan) as connection:
        with _watched(connection, progress, _BEFORE_FIRST_LINE):
            result = connection.execute("select line from lines")
        done, written = _BEFORE_FIRST_LINE, 0
        left = 100 - done
        while rows := result.fetchmany(_BATCH_ROWS):
            stream.write("".join(f"{line}\n" for (line,) in rows).encode())
            written += len(rows)
            if progress is not None:
                reached = _BEFORE_FIRST_LINE + left * written // plan.events
                progress(reached - done)
                done = reached


@contextmanager
def _watched(
    connection: duckdb.DuckDBPyConnection, progress: Progress | None, share: int
) -> Iterator[None]:
    """Tell how far a query of the block is, which counts for ``share`` hundredths in all."""
    if progress is None:
        yield
        return
    connection.execute("set enable_progress_bar_print = false")
    connection.execute("set enable_progress_bar = true")
    ended = threading.Event()
    done = 0

    def watch() -> None:
        nonlocal done
        while not ended.wait(_POLL_SECONDS):
            reached = int(connection.query_progress() * share / 100)
            if reached > done:
                progress(reached - done)
                done = reached

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()
    progress(share - done)


@contextmanager
def _events(plan: Plan) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory database with the views of records.sql; its errors become LoaderErrors."""
    with (
        tempfile.TemporaryDirectory(prefix="loader-generate-") as directory,
        connect(config={**SETTINGS, "temp_directory": directory}) as connection,
    ):
        try:
            for name, value in plan.variables().items():
                connection.execute(f"set variable {name} = $value", {"value": value})
            for script in ("macros", "users", "events", "records"):
                source = resources.files("loader.generate") / f"{script}.sql"
                connection.execute(source.read_text(encoding="utf-8"))
            yield connection
        except duckdb.Error as error:
            raise LoaderError(
                f"Cannot generate the events: {first_line(error)}. "
                f"They need free space in {directory} and for the file itself."
            ) from error
