"""Fixtures of the interruption tests: initialised databases, files, a server to be crashed."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import pytest

from scripts.postgres import PostgresServer, embedded_server
from tests.conftest import MakeDatabase
from tests.interruption.deliveries import Delivery, make_events, write_delivery
from tests.interruption.processes import wait_until
from tests.support.databases import Database, Engine, new_database
from tests.support.run import run_loader


class MakeRawTables(Protocol):
    """The `make_raw_tables` fixture."""

    def __call__(self, engine: Engine) -> Database:
        """Create a database with empty raw tables."""


@pytest.fixture
def make_raw_tables(make_database: MakeDatabase) -> MakeRawTables:
    """Create databases with empty raw tables that live as long as the test."""

    def make(engine: Engine) -> Database:
        database = make_database(engine)
        run_loader("init", database=database, check=True)
        return database

    return make


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    """A file of 10,000 events that is read in one piece."""
    path = tmp_path_factory.mktemp("deliveries") / "small.jsonl"
    return write_delivery(path, make_events(10_000, seed=1))


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    """A file of 31 MB, which the loader reads and stages in several pieces."""
    path = tmp_path_factory.mktemp("deliveries") / "large.jsonl"
    return write_delivery(path, make_events(60_000, seed=2, padding=350))


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    """A file of more events than a row group of DuckDB holds."""
    path = tmp_path_factory.mktemp("deliveries") / "many.jsonl"
    return write_delivery(path, make_events(125_000, seed=3))


class OwnServer:
    """An embedded PostgreSQL server of these tests alone, which may be crashed and started."""

    def __init__(self, data_directory: Path) -> None:
        self.data_directory = data_directory
        self._running = ExitStack()
        self._server: PostgresServer | None = None

    @property
    def server(self) -> PostgresServer:
        """The server, started if it does not run; after a crash it recovers first."""
        if self._server is None:
            self._server = self._running.enter_context(embedded_server(self.data_directory))
        return self._server

    def crash(self) -> None:
        """Stop the server as `pg_ctl stop -m immediate` does: no session ends in order."""
        pid_file = self.data_directory / "postmaster.pid"
        with suppress(FileNotFoundError):  # it may have given up by itself
            os.kill(int(pid_file.read_text().split()[0]), signal.SIGQUIT)
        wait_until(lambda: not pid_file.exists(), "the end of the server")
        self.close()

    def close(self) -> None:
        """Stop the server, if it runs."""
        self._running.close()
        self._server = None


@pytest.fixture(scope="session")
def own_server() -> Iterator[OwnServer]:
    """A server that these tests may crash, unlike the one that PGHOST may name."""
    # Not in pytest's own directory: another session's start closes that to the server's user.
    with own_directory("own-postgres") as directory:
        server = OwnServer(directory / "data")
        try:
            yield server
        finally:
            server.close()


@contextmanager
def own_directory(name: str) -> Iterator[Path]:
    """A directory that other users may be let into; what they left there goes with it."""
    with TemporaryDirectory(
        prefix=f"event-analytics-tests-{name}-", ignore_cleanup_errors=True
    ) as directory:
        yield Path(directory)


@pytest.fixture
def own_database(own_server: OwnServer, tmp_path: Path) -> Iterator[Database]:
    """A database with empty raw tables on the server that may be crashed."""
    database = new_database("postgres", tmp_path, own_server.server)
    run_loader("init", database=database, check=True)
    yield database
    own_server.server.drop_database(database.name)


class SmallDisk:
    """A file system in memory of a few megabytes; `kilobytes` is its size."""

    def __init__(self, directory: Path, kilobytes: int) -> None:
        self.directory = directory
        self._mount(f"size={kilobytes}k")

    def enlarge(self) -> None:
        """Make room."""
        self._mount("remount,size=1g")

    def _mount(self, options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.directory)]
        subprocess.run(command, check=True, capture_output=True, text=True)

    def unmount(self) -> None:
        """Remove it with all that is in it."""
        subprocess.run(["umount", "--lazy", str(self.directory)], check=True, capture_output=True)
        self.directory.rmdir()


class MakeSmallDisk(Protocol):
    """The `make_small_disk` fixture."""

    def __call__(self, directory: Path, kilobytes: int) -> SmallDisk:
        """Mount a file system of that size on a new directory; it goes with the test."""


@pytest.fixture
def make_small_disk() -> Iterator[MakeSmallDisk]:
    """Mount small file systems; the test is skipped where that is not allowed."""
    disks: list[SmallDisk] = []

    def make(directory: Path, kilobytes: int) -> SmallDisk:
        directory.mkdir()
        try:
            disk = SmallDisk(directory, kilobytes)
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            said = getattr(error, "stderr", None) or error
            pytest.skip(f"no small file system can be mounted here: {said}")
        disks.append(disk)
        return disk

    try:
        yield make
    finally:
        for disk in disks:
            disk.unmount()
