"""`kill -9` at every stage of an append: the file is in whole or not at all, and can be resent."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from tests.interruption.conftest import MakeRawTables
from tests.interruption.deliveries import Delivery, assert_exactly, is_in
from tests.interruption.processes import (
    Process,
    assert_completes,
    assert_nothing_left_over,
    close_input,
    ended,
    feed,
    full_pipe,
    loader,
    wait_for_lock,
    wait_for_quiet,
    wait_until,
)
from tests.interruption.stages import STAGES, Stage
from tests.support.databases import Database, Engine
from tests.support.run import run_loader

pytestmark = pytest.mark.slow

DELAYS = 12
# Of the states of a DuckDB file, so many are completed; the others are only looked at.
RESENT = 6


def kill(process: Process) -> None:
    process.kill()
    process.wait()


def test_killed_while_reading(
    engine: Engine, make_raw_tables: MakeRawTables, large: Delivery
) -> None:
    database = make_raw_tables(engine)

    with loader("append", "-", database=database) as process:
        feed(process, large.data[: len(large.data) * 9 // 10])
        kill(process)

    wait_for_quiet(database)
    assert not is_in(database, large)
    assert_completes(database, large, appended=len(large.events))


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_killed_while_postgres_works(
    stage: Stage, make_raw_tables: MakeRawTables, small: Delivery
) -> None:
    database = make_raw_tables("postgres")

    with stage.hold(database, small), loader("append", "-", database=database) as process:
        close_input(process, small.data)
        wait_for_lock(database, process)
        kill(process)
        assert not is_in(database, small)

    # The server goes on with the statement that it has, and ends the session after it.
    wait_for_quiet(database)
    assert is_in(database, small) == stage.committing
    assert_completes(database, small, appended=0 if stage.committing else len(small.events))


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_sent_again_while_postgres_still_works_for_a_killed_loader(
    stage: Stage, make_raw_tables: MakeRawTables, small: Delivery
) -> None:
    database = make_raw_tables("postgres")

    with loader("append", "-", "--json", database=database) as again:
        with stage.hold(database, small):
            with loader("append", "-", database=database) as killed:
                close_input(killed, small.data)
                wait_for_lock(database, killed)
                kill(killed)
            close_input(again, small.data)
            wait_for_lock(database, again, sessions=2)
        result = ended(again)

    assert result.exit_code == 0, result.stderr
    assert result.json()["appended"] == (0 if stage.committing else len(small.events))
    assert_exactly(database, (small, "-"))
    assert_nothing_left_over(database)


def test_killed_right_after_the_commit(
    engine: Engine, make_raw_tables: MakeRawTables, small: Delivery
) -> None:
    database = make_raw_tables(engine)

    with (
        full_pipe() as stdout,
        loader("append", "-", "--json", database=database, stdout=stdout) as process,
    ):
        close_input(process, small.data)
        wait_until(lambda: appended(database), "the commit", process)
        assert process.poll() is None, "the report should have had to wait for its reader"
        kill(process)

    assert is_in(database, small)
    assert_completes(database, small, appended=0)


def appended(database: Database) -> bool:
    """Tell whether another process can see the events."""
    try:
        return bool(database.query("select count(*) > 0 from raw.events")[0][0])
    except duckdb.IOException:  # the loader still holds the file
        return False


def test_killed_after_any_time(
    engine: Engine, make_raw_tables: MakeRawTables, small: Delivery
) -> None:
    """Kills spread over the time from the last byte that was read to the end of the process."""
    database = make_raw_tables(engine)
    with all_but_the_last_line_read(database, small) as (process, last):
        started = time.monotonic()
        close_input(process, last)
        assert process.wait() == 0
        duration = time.monotonic() - started

    draw = random.Random(1)  # noqa: S311 (no secret)
    interrupted = 0
    for number in range(DELAYS):
        database = make_raw_tables(engine)
        with all_but_the_last_line_read(database, small) as (process, last):
            close_input(process, last)
            time.sleep(duration * (number + draw.random()) / DELAYS)
            kill(process)
            interrupted += process.returncode == -signal.SIGKILL
        wait_for_quiet(database)
        assert_completes(database, small)

    assert interrupted >= DELAYS // 2


@contextmanager
def all_but_the_last_line_read(
    database: Database, delivery: Delivery
) -> Iterator[tuple[Process, bytes]]:
    """A loader that is past its start and its reading, and what it waits for."""
    first, last = delivery.data[:-100], delivery.data[-100:]
    with loader("append", "-", database=database) as process:
        feed(process, first)
        yield process, last


@pytest.mark.parametrize("size", ["small", "many"])
def test_a_duckdb_file_is_whole_at_every_moment(
    size: str, make_raw_tables: MakeRawTables, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The file as a kill would leave it, each time that the loader has changed it on disk.

    A small file goes through DuckDB's log; one with more rows than a row group is written to the
    database file before the commit.
    """
    delivery: Delivery = request.getfixturevalue(size)
    database = make_raw_tables("duckdb")
    with all_but_the_last_line_read(database, delivery) as (process, last):
        close_input(process, last)
        states = frozen_states(process, database, tmp_path)

    assert process.returncode == 0
    stride = max(1, len(states) // RESENT)
    outcomes = []
    for number, state in enumerate(states):
        if number % stride == 0:  # sent again as it was found, before anything else opens it
            again = run_loader("append", "-", "--json", database=state, stdin=delivery.data)
            assert again.exit_code == 0, again.stderr
            assert again.json()["appended"] in (0, len(delivery.events))
            outcomes.append(again.json()["appended"] == 0)
            assert_exactly(state, (delivery, "-"))
            assert_nothing_left_over(state)
        else:
            outcomes.append(is_in(state, delivery))
        shutil.rmtree(state.directory)
    assert outcomes == sorted(outcomes), "a file that was in did not stay in"
    assert False in outcomes
    assert True in outcomes


def frozen_states(process: Process, database: Database, into: Path) -> list[Database]:
    """Copy a DuckDB database each time that a running loader has changed its files.

    The loader stands still meanwhile, as a whole: what is copied is what SIGKILL would leave.
    """
    states: list[Database] = []
    before: list[tuple[str, int, int]] = []
    while True:
        os.kill(process.pid, signal.SIGSTOP)
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            process.returncode = os.waitstatus_to_exitcode(status)
            return states
        now = sorted(
            (path.name, path.stat().st_size, path.stat().st_mtime_ns)
            for path in database.directory.iterdir()
        )
        if now != before:
            directory = into / f"state_{len(states)}"
            shutil.copytree(database.directory, directory)
            states.append(replace(database, directory=directory))
            before = now
        os.kill(process.pid, signal.SIGCONT)
        time.sleep(0.001)
