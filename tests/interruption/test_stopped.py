"""Ctrl-C and SIGTERM: a word or none, and nothing half done."""

from __future__ import annotations

import random
import signal
import time

import pytest

from tests.interruption.conftest import MakeRawTables
from tests.interruption.deliveries import Delivery, is_in
from tests.interruption.processes import (
    PATIENCE,
    assert_completes,
    assert_explained,
    close_input,
    ended,
    feed,
    loader,
    wait_for_lock,
    wait_for_quiet,
)
from tests.interruption.stages import STAGES, Stage
from tests.support.databases import Engine
from tests.support.run import LoaderResult

pytestmark = pytest.mark.slow

DELAYS = 8
# On a busy machine all of a round may come too late.
ROUNDS = 4
SIGNALS = [signal.SIGINT, signal.SIGTERM]


def assert_stopped(result: LoaderResult, number: signal.Signals) -> None:
    """Ctrl-C is answered by one sentence; SIGTERM may also end the process without a word."""
    if number == signal.SIGTERM and result.exit_code == -signal.SIGTERM:
        assert result.stderr == ""
    else:
        assert_explained(result, "Interrupted", "appending all of them again is safe")


def had_ended(result: LoaderResult) -> bool:
    """Tell whether the run was done and had said so, whatever became of the process then."""
    return result.stderr.startswith("Read ") and "Traceback" not in result.stderr


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_stopped_while_reading(
    number: signal.Signals, engine: Engine, make_raw_tables: MakeRawTables, large: Delivery
) -> None:
    database = make_raw_tables(engine)

    with loader("append", "-", database=database) as process:
        feed(process, large.data[: len(large.data) * 9 // 10])
        process.send_signal(number)
        process.wait(PATIENCE)  # while its input stays open
        result = ended(process)

    assert_stopped(result, number)
    wait_for_quiet(database)
    assert not is_in(database, large)
    assert_completes(database, large)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_stopped_while_postgres_works(
    stage: Stage, number: signal.Signals, make_raw_tables: MakeRawTables, small: Delivery
) -> None:
    database = make_raw_tables("postgres")

    with stage.hold(database, small), loader("append", "-", database=database) as process:
        close_input(process, small.data)
        wait_for_lock(database, process)
        process.send_signal(number)
        result = ended(process)

    assert_stopped(result, number)
    wait_for_quiet(database)
    is_in(database, small)
    assert_completes(database, small)


def test_ctrl_c_after_any_time(
    engine: Engine, make_raw_tables: MakeRawTables, small: Delivery
) -> None:
    """At points spread over the time from the last byte that was read to the process's end."""
    draw = random.Random(3)  # noqa: S311 (no secret)
    duration = 0.0
    interrupted = 0
    for point in range(ROUNDS * DELAYS + 1):
        if point > DELAYS and interrupted:
            break
        database = make_raw_tables(engine)
        with loader("append", "-", database=database) as process:
            feed(process, small.data[:-100])
            started = time.monotonic()
            close_input(process, small.data[-100:])
            if point == 0:
                process.wait(PATIENCE)
                duration = time.monotonic() - started
            else:
                time.sleep(duration * ((point - 1) % DELAYS + draw.random()) / DELAYS)
                process.send_signal(signal.SIGINT)
            result = ended(process)
        if had_ended(result):
            # on a busy machine the first run may have been the slowest
            duration = min(duration, time.monotonic() - started)
        else:
            interrupted += 1
            assert_stopped(result, signal.SIGINT)
        wait_for_quiet(database)
        is_in(database, small)
        assert_completes(database, small)

    assert interrupted
