"""Ctrl-C, SIGTERM, closed streams and pipes: one sentence at most, and nothing left behind."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from loader.errors import LoaderError
from loader.interrupts import ending_with, not_now
from tests.conftest import MakeDatabase
from tests.loader.raw_tables import RawTables, event, new_raw_tables
from tests.support.databases import REPOSITORY
from tests.support.run import process_environment, run_loader, start_loader

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
MANY = ["generate", "--events", "3000000", "--users", "1000"]


@pytest.fixture(autouse=True)
def signals_as_in_a_shell() -> Iterator[None]:
    """Let programs inherit what a signal does by itself, also where tests run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def on_terminal(*arguments: str | Path, number: signal.Signals | None = None) -> tuple[int, str]:
    """The exit code of a loader whose standard error is a terminal, and what stands there.

    It gets the signal once it shows that it is at work.
    """
    ours, theirs = pty.openpty()
    written = b""
    with subprocess.Popen(
        [sys.executable, "-m", "loader", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        cwd=REPOSITORY,
        env=process_environment(),
    ) as process:
        os.close(theirs)
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # nobody has it open any longer
                break
            if not chunk:
                break
            written += chunk
            if number is not None and b"Generating" in written:
                time.sleep(0.3)
                process.send_signal(number)
                number = None
        os.close(ours)
    return process.returncode, written.decode()


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_generate_shows_its_progress(tmp_path: Path, name: str) -> None:
    code, shown = on_terminal("generate", "--events", "50000", "--output", tmp_path / name)
    assert code == 0, shown
    assert "Generating" in shown
    assert "100%" in shown
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_generate_is_quiet_beside_a_terminal(tmp_path: Path) -> None:
    result = run_loader("generate", "--events", "5000", "--output", tmp_path / "a.jsonl")
    assert result.stderr == ""


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_generate_leaves_nothing_when_it_is_ended(
    tmp_path: Path, name: str, number: signal.Signals
) -> None:
    (tmp_path / name).write_bytes(b"precious")
    code, shown = on_terminal(*MANY, "--force", "--output", tmp_path / name, number=number)
    assert code == 1, shown
    assert f"Error: Interrupted. {tmp_path / name} was not written." in shown.splitlines()
    assert "Traceback" not in shown
    assert (tmp_path / name).read_bytes() == b"precious"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_interruption_that_python_cannot_raise_comes_again_and_is_not_shown() -> None:
    program = """
import signal, time
from loader.errors import LoaderError
from loader.interrupts import ending_with

class Removed:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

class Faulty:
    def __del__(self):
        raise ValueError("a fault is shown as ever")

try:
    with ending_with("Interrupted."):
        Faulty()
        Removed()
        print("not raised")
        time.sleep(60)
except LoaderError as error:
    print(error.message)
"""
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == ["not raised", "Interrupted."]
    assert "a fault is shown as ever" in ended.stderr
    assert "KeyboardInterrupt" not in ended.stderr


def test_generate_to_standard_output_is_ended_in_a_sentence() -> None:
    with start_loader("generate", "--events", "400000", "--users", "1000") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.decode().splitlines() == ["Error: Interrupted. Not all events were written."]


@pytest.mark.parametrize("number", SIGNALS[1:], ids=lambda number: number.name)
@pytest.mark.parametrize("options", [[], ["--dry-run"]], ids=["append", "dry run"])
def test_append_is_ended_in_a_sentence(
    raw: RawTables, number: signal.Signals, options: list[str]
) -> None:
    command = ("append", "-", *options, "--raw-schema", raw.schema)
    with start_loader(*command, database=raw.database) as process:
        assert process.stdin is not None
        for n in range(60_000):
            process.stdin.write(f"{event(f'u{n}')}\n".encode())
        process.stdin.flush()
        time.sleep(0.5)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    [line] = err.decode().splitlines()
    assert process.returncode == 1
    assert line.startswith("Error: Interrupted. ")
    assert ("Nothing was written" in line) == bool(options)
    assert raw.events() == []


def test_standard_input_that_is_closed(raw: RawTables) -> None:
    arguments = ["append", "-", "--raw-schema", raw.schema]
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -m loader "$@" <&-', sys.executable, *arguments],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env=process_environment(raw.database),
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("Error: Standard input (-) is closed.")


def test_standard_input_that_cannot_be_read(raw: RawTables, tmp_path: Path) -> None:
    with (
        (tmp_path / "x").open("wb") as unreadable,
        start_loader(
            "append", "-", "--raw-schema", raw.schema, database=raw.database, stdin=unreadable
        ) as process,
    ):
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.decode().startswith("Error: nothing of - was appended. Cannot read -: ")


def test_standard_error_that_is_closed(raw: RawTables) -> None:
    raw.write("a.jsonl", event())
    arguments = ["append", str(raw.directory / "a.jsonl"), "--raw-schema", raw.schema]
    subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -m loader "$@" 2>&-', sys.executable, *arguments],
        cwd=REPOSITORY,
        env=process_environment(raw.database),
        check=True,
    )
    assert raw.users() == ["u"]


@pytest.mark.parametrize("options", [["--output", "-"], [], ["--json"]], ids=" ".join)
def test_rejects_ends_quietly_when_its_reader_does(
    make_database: MakeDatabase, tmp_path: Path, options: list[str]
) -> None:
    raw = new_raw_tables(make_database("duckdb"), tmp_path)
    raw.append("-", stdin=b'{"x": 1}\n' * 20_000, exit_code=1)
    reader, writer = os.pipe()
    os.close(reader)
    command = ("rejects", *options, "--raw-schema", raw.schema)
    try:
        with start_loader(*command, database=raw.database, stdout=writer) as process:
            _, err = process.communicate(timeout=60)
    finally:
        os.close(writer)
    assert process.returncode == 1
    assert "Traceback" not in err.decode()
    assert "Error" not in err.decode()


def test_an_ignored_signal_stays_ignored() -> None:
    """As under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ending_with("Ended."):
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_signal_ends_the_block_and_then_means_what_it_did() -> None:
    before = signal.getsignal(signal.SIGTERM)

    def work() -> None:
        with ending_with("Ended."):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(10)

    with pytest.raises(LoaderError, match="Ended"):
        work()
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_signal_that_somebody_swallows_comes_again() -> None:
    def work() -> None:
        with ending_with("Ended."):
            with suppress(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(10)
            time.sleep(10)

    started = time.monotonic()
    with pytest.raises(LoaderError, match="Ended"):
        work()
    assert time.monotonic() - started < 5


def test_putting_things_in_order_is_not_disturbed() -> None:
    done: list[bool] = []

    def work() -> None:
        with ending_with("Ended."):
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(10)
            finally:
                time.sleep(1.2)
                done.append(True)

    with pytest.raises(LoaderError, match="Ended"):
        work()
    assert done


def test_what_must_not_be_disturbed_is_finished_first() -> None:
    done: list[bool] = []

    def work() -> None:
        with not_now():
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)
            done.append(True)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done


def test_other_threads_are_left_alone() -> None:
    done: list[bool] = []

    def work() -> None:
        with ending_with("Ended."), not_now():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
