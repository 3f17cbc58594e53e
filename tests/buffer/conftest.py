"""Fixtures of the buffer's tests: a Redis server that may be stopped, drains that may be killed."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest
import redis

from tests.interruption.conftest import make_raw_tables, own_database, own_server
from tests.interruption.processes import Process, loader, wait_until
from tests.support.databases import Database

__all__ = ["make_raw_tables", "own_database", "own_server"]

StartDrain = Callable[..., Process]


class RedisServer:
    """A server whose data outlive it; `settings` are those that make it keep what it confirms."""

    def __init__(self, directory: Path, settings: tuple[str, ...]) -> None:
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis(port=self.port, socket_timeout=10)
        self._command = [
            *("redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""),
            *("--dir", str(directory), *settings),
        ]
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        """Start it (again), and wait until it has read its data."""
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        wait_until(self._answers, "Redis")
        return self.process

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def length(self) -> int:
        """How many requests wait in the stream."""
        found = self.client.xlen("event-analytics:events")
        assert isinstance(found, int)
        return found

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.ConnectionError:
            return False


@contextmanager
def redis_server(*settings: str) -> Iterator[RedisServer]:
    """Run a server; it and its data are gone when the block ends."""
    if shutil.which("redis-server") is None:
        pytest.fail("redis-server was not found: install the package redis-server")
    directory = Path(mkdtemp(prefix="event-analytics-redis-"))
    server: RedisServer | None = None
    try:
        server = RedisServer(directory, settings)
        yield server
    finally:
        if server is not None:
            server.client.close()
            server.kill()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def durable() -> Iterator[RedisServer]:
    """A server that has everything on disk before it answers."""
    with redis_server("--appendonly", "yes", "--appendfsync", "always") as server:
        yield server


@pytest.fixture
def start_drain(durable: RedisServer) -> Iterator[StartDrain]:
    """Start drains that end with the test."""
    with ExitStack() as stack:

        def start(database: Database, *options: str) -> Process:
            arguments = ("drain", "--buffer", durable.url, "--claim-after", "1")
            return stack.enter_context(
                loader(
                    *(*arguments, *options, "--no-log-batches"),
                    database=database,
                    program="collector",
                )
            )

        yield start
