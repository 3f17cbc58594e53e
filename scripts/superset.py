"""Superset as a process: its own tables brought up to date, an administrator, a server."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
import httpx

from scripts.steps import REPOSITORY

#: Where `make .cache/superset/.installed` puts it.
ENVIRONMENT = REPOSITORY / ".cache" / "superset"
CONFIG = REPOSITORY / "deploy" / "superset" / "superset_config.py"
ADMINISTRATOR = "admin"
_SECONDS = 300.0


def free_port() -> int:
    """A port of the loopback interface on which nobody listens now."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
    return port


def settings(directory: Path, database: str, more: Mapping[str, str]) -> dict[str, str]:
    """The environment in which Superset runs; its secret stays the same in a directory.

    Args:
        directory: Where it may write.
        database: The SQLAlchemy address of a database for its own tables.
        more: More variables, which superset_config.py reads.
    """
    directory.mkdir(parents=True, exist_ok=True)
    return {
        **os.environ,
        "PATH": f"{ENVIRONMENT / 'bin'}:{os.environ['PATH']}",
        "SUPERSET_CONFIG_PATH": str(CONFIG),
        "SUPERSET_DATABASE_URI": database,
        "SUPERSET_HOME": str(directory),
        "SUPERSET_PLAIN_HTTP": "1",
        "SUPERSET_SECRET_KEY": kept_secret(directory / "secret"),
        **more,
    }


def kept_secret(path: Path) -> str:
    """The secret in a file that nobody else may read; made where there is none."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(42))
    return path.read_text()


def prepare(environment: Mapping[str, str], password: str) -> None:
    """Bring Superset's own tables up to date, and give it an administrator with this password.

    One who is there already keeps theirs.
    """
    log = Path(environment["SUPERSET_HOME"]) / "prepare.log"
    who = ["--username", ADMINISTRATOR, "--password", password, "--email", "admin@example.com"]
    names = ["--firstname", "The", "--lastname", "Administrator"]
    for command in (
        ["db", "upgrade"],
        ["init"],
        ["fab", "create-admin", *who, *names],
    ):
        with log.open("ab") as written:
            ended = subprocess.run(
                ["superset", *command],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if ended.returncode:
            raise click.ClickException(f"superset {command[0]} {command[1:2]} failed: see {log}")


@contextmanager
def serving(environment: Mapping[str, str], port: int) -> Iterator[str]:
    """Serve at a port of the loopback interface; yields the address once it answers."""
    url = f"http://127.0.0.1:{port}"
    log = Path(environment["SUPERSET_HOME"]) / "server.log"
    command = ["gunicorn", "--workers=1", "--worker-class=gthread", "--threads=8"]
    with log.open("ab") as written:
        process = subprocess.Popen(
            [*command, "--timeout=300", f"--bind=127.0.0.1:{port}", "superset.app:create_app()"],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
        )
    try:
        _wait(process, url, log)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + _SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            if httpx.get(f"{url}/health", timeout=5).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.5)
    raise click.ClickException(f"Superset does not answer at {url}: see {log}")
