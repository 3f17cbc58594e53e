"""A ClickHouse for demo and tests, on a machine that has no server of it.

Without CLICKHOUSE_HOST it is the engine of the package `chdb` behind ClickHouse's HTTP interface
(`scripts.clickhouse_http`), in a process of its own.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

_REPOSITORY = Path(__file__).resolve().parents[1]
#: What the server prints, before its port, once it listens.
LISTENING = "listening on port "
_STOPPING_SECONDS = 20
DEFAULT_PORT = 8123


@dataclass(frozen=True)
class ClickHouseServer:
    """Where a server listens and who may make databases there.

    Attributes:
        host: A host name or address.
        port: The port of its HTTP interface.
        user: A user who may create and drop databases.
        password: Empty where the server asks for none.
        secure: Whether it speaks HTTPS.
        pid: The process of a server that this module started, None for any other.
    """

    host: str
    port: int
    user: str
    password: str
    secure: bool = False
    pid: int | None = None

    def env(self) -> dict[str, str]:
        """Return the environment variables that lead to the server."""
        return {
            "CLICKHOUSE_HOST": self.host,
            "CLICKHOUSE_PORT": str(self.port),
            "CLICKHOUSE_USER": self.user,
            "CLICKHOUSE_PASSWORD": self.password,
            "CLICKHOUSE_SECURE": str(self.secure).lower(),
        }

    def connect(self, database: str | None = None) -> Client:
        """Open a client of the server; of its default database where none is named."""
        import clickhouse_connect  # noqa: PLC0415 - only who asks for ClickHouse has it

        return clickhouse_connect.get_client(
            host=self.host,
            port=self.port,
            username=self.user,
            password=self.password,
            secure=self.secure,
            database=database or "default",
        )


def server_from_environment(environment: Mapping[str, str]) -> ClickHouseServer | None:
    """Return the server that CLICKHOUSE_HOST and its companions name, or None without one."""
    if not environment.get("CLICKHOUSE_HOST"):
        return None
    return ClickHouseServer(
        host=environment["CLICKHOUSE_HOST"],
        port=int(environment.get("CLICKHOUSE_PORT") or DEFAULT_PORT),
        user=environment.get("CLICKHOUSE_USER") or "default",
        password=environment.get("CLICKHOUSE_PASSWORD", ""),
        secure=environment.get("CLICKHOUSE_SECURE", "").lower() == "true",
    )


@contextmanager
def embedded_server(
    directory: Path, *, password: str | None = None, port: int = 0
) -> Iterator[ClickHouseServer]:
    """Run ClickHouse's engine behind its HTTP interface until the block ends.

    It listens on 127.0.0.1 only. A second process that asks for the same directory waits until the
    first is done with it. The server ends with this process, however that ends.

    Args:
        directory: The tables; made when missing, kept afterwards.
        password: What the user `default` must give; None: the server asks for none.
        port: Where to listen; 0: on any port that is free.

    Yields:
        The running server.

    Raises:
        RuntimeError: It did not start; the message holds what it printed.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    with directory.with_name(f"{directory.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [sys.executable, "-m", "scripts.clickhouse_http", str(directory.resolve())]
        command += [f"--port={port}", *(["--guarded"] if password is not None else [])]
        process = subprocess.Popen(
            command,
            cwd=_REPOSITORY,
            env=os.environ | {"CLICKHOUSE_PASSWORD": password or ""},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield ClickHouseServer(
                "127.0.0.1", _port(process), "default", password or "", pid=process.pid
            )
        finally:
            process.terminate()
            try:
                process.wait(_STOPPING_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _port(process: subprocess.Popen[str]) -> int:
    """The port that the server says it listens on."""
    assert process.stdout is not None  # noqa: S101 - Popen was asked for it
    printed = ""
    for line in process.stdout:
        if line.startswith(LISTENING):
            threading.Thread(target=_drain, args=[process.stdout], daemon=True).start()
            return int(line.removeprefix(LISTENING))
        printed += line
    raise RuntimeError(f"ClickHouse's engine did not start: {printed.strip() or 'it ended'}")


def _drain(stream: IO[str]) -> None:
    """Read on, so that nothing it prints may block it."""
    for _ in stream:
        pass
