"""Loader processes that are held at a known stage of an append, so that they can be ended there."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from tests.interruption.deliveries import Delivery, assert_exactly
from tests.support.databases import Database
from tests.support.run import LoaderResult, run_loader, run_loader_process, start_loader

PATIENCE = 60.0
RAW_TABLES = {
    *("events", "rejected_events", "deliveries"),
    *("removals", "removed_events", "removed_users", "erased_events"),
}
_POLL = 0.005

Process = subprocess.Popen[bytes]

_SESSIONS = """
select count(*) from pg_stat_activity
where datname = current_database() and application_name = 'loader'
"""
_WAITING = f"{_SESSIONS} and wait_event_type = 'Lock'"
_IDLE = f"{_SESSIONS} and state = 'idle'"
_LEFT_BEHIND = """
select relname from pg_class where relpersistence = 't' and relkind = 'r'
union all
select 'lock on ' || locked.relation::regclass::text
from pg_locks as locked
left join pg_stat_activity as session on session.pid = locked.pid
where
    locked.relation in ('raw.events'::regclass, 'raw.rejected_events'::regclass)
    -- The server itself may look through what has just been appended.
    and session.backend_type is distinct from 'autovacuum worker'
"""


def wait_until(condition: Callable[[], bool], what: str, process: Process | None = None) -> None:
    """Wait for something to become true; fail if it does not, or if the process ends before."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if process is not None and process.poll() is not None:
            stderr = process.stderr.read().decode() if process.stderr else ""
            raise AssertionError(f"the loader ended before {what}: {stderr}")
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE:.0f} s"
        time.sleep(_POLL)


@contextmanager
def loader(*arguments: str | Path, database: Database, **options: Any) -> Iterator[Process]:
    """Run the loader as a process of its own; it is gone when the block ends."""
    process = start_loader(*arguments, database=database, **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with suppress(BrokenPipeError):  # what was still to be written has no reader
                    stream.close()
        process.wait()


def feed(process: Process, data: bytes) -> None:
    """Write to a loader's standard input, and wait until all of it has been read."""
    assert process.stdin is not None
    process.stdin.write(data)
    process.stdin.flush()
    descriptor = process.stdin.fileno()
    wait_until(lambda: _unread(descriptor) == 0, "reading standard input", process)


def _unread(descriptor: int) -> int:
    """How many bytes a pipe holds that nobody has read."""
    answer = fcntl.ioctl(descriptor, termios.FIONREAD, b"\0" * 4)
    return int(struct.unpack("i", answer)[0])


def close_input(process: Process, last: bytes = b"") -> None:
    """Write the last bytes to a loader's standard input, and end it; it may be gone already."""
    assert process.stdin is not None
    if not process.stdin.closed:
        with suppress(BrokenPipeError):
            process.stdin.write(last)
        with suppress(BrokenPipeError):
            process.stdin.close()


def ended(process: Process) -> LoaderResult:
    """Wait for a loader whose standard input is closed, and return what it said."""
    assert process.stdout is not None
    assert process.stderr is not None
    close_input(process)
    process.stdin = None
    stdout, stderr = process.communicate(timeout=PATIENCE)
    return LoaderResult(process.returncode, stdout.decode(), stderr.decode())


def assert_completes(
    database: Database, delivery: Delivery, *, appended: int | None = None
) -> None:
    """Assert that a second run, over standard input, leaves what an undisturbed one would.

    Args:
        database: Where the first run was interrupted.
        delivery: What it was given.
        appended: How many events the second run has to append, if that is known.
    """
    again = run_loader("append", "-", "--json", database=database, stdin=delivery.data)
    assert again.exit_code == 0, again.stderr
    report = again.json()
    assert report["read"] == delivery.rows
    assert report["appended"] in ((0, len(delivery.events)) if appended is None else (appended,)), (
        report
    )
    assert_exactly(database, (delivery, "-"))
    assert_nothing_left_over(database)


def assert_nothing_left_over(database: Database) -> None:
    """Assert that no session, lock, temporary table or file is left of any loader."""
    if database.engine == "postgres":
        wait_for_quiet(database)
        return
    files = {path.name for path in database.directory.iterdir()}
    assert files == {"profiles.yml", database.path.name}
    tables = database.query("select table_schema, table_name from information_schema.tables")
    assert {name for _, name in tables} == RAW_TABLES


def append(database: Database, *arguments: str | Path, stdin: bytes = b"") -> LoaderResult:
    """Run `loader append` as a process of its own, with a report as JSON."""
    return run_loader_process("append", *arguments, "--json", database=database, stdin=stdin)


def assert_explained(result: LoaderResult, *expected: str) -> None:
    """Assert that a run failed with one clear message and no traceback."""
    assert result.exit_code == 1, result
    assert "Traceback" not in result.stderr, result.stderr
    assert "Exception" not in result.stderr, result.stderr
    errors = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1, result.stderr
    for text in expected:
        assert text in errors[0], errors[0]


def wait_for_lock(database: Database, process: Process, sessions: int = 1) -> None:
    """Wait until as many loaders wait for a lock in PostgreSQL."""
    with database.connect() as connection:
        wait_until(lambda: _number(connection, _WAITING) >= sessions, "waiting for a lock", process)


def wait_for_session(database: Database, process: Process) -> None:
    """Wait until a loader has a session in PostgreSQL, in which no transaction is open."""
    with database.connect() as connection:
        wait_until(lambda: _number(connection, _IDLE) > 0, "a session", process)


def terminate_backends(database: Database) -> int:
    """Let the PostgreSQL server end the loaders' sessions; how many there were."""
    return int(
        database.query(_SESSIONS.replace("count(*)", "count(pg_terminate_backend(pid))"))[0][0]
    )


def wait_for_quiet(database: Database) -> None:
    """Wait until PostgreSQL has noticed that no loader is there, and nothing is left of it."""
    if database.engine == "duckdb":
        return
    with database.connect() as connection:
        wait_until(lambda: _number(connection, _SESSIONS) == 0, "the end of a session")
        # This session reads the raw tables too, but holds no lock between its statements.
        assert connection.execute(_LEFT_BEHIND).fetchall() == []


def _number(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def full_pipe() -> Iterator[int]:
    """A pipe that nobody reads and that takes no more: who writes to it waits."""
    reader, writer = os.pipe()
    try:
        os.set_blocking(writer, False)
        try:
            while True:
                os.write(writer, b"x" * 4096)
        except BlockingIOError:
            os.set_blocking(writer, True)
        yield writer
    finally:
        os.close(reader)
        os.close(writer)
