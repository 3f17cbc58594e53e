"""Runs an application on uvicorn."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from loader.errors import LoaderError
from serving.logs import Log

_BACKLOG = 2048
# Longer than proxies keep a connection, since one that sends on it as it is closed gets no answer.
_KEEP_ALIVE_SECONDS = 75
# How long one thread may keep the interpreter from another, in seconds.
_SWITCH_SECONDS = 0.0005
# After how many new objects Python looks for cycles. Those of a request end without being looked
# for, and by default each of its events would be looked through several times.
_OBJECTS = 50_000


class _Server(uvicorn.Server):
    """Ends well on SIGTERM and SIGINT; uvicorn itself would die by the signal in the end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop accepting, finish what was taken, return."""
        loop = asyncio.get_running_loop()

        def stop() -> None:
            # A second signal does not wait for clients that do not hear the answer.
            self.force_exit = self.should_exit
            self.should_exit = True

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        yield


class _Handler(logging.Handler):
    """Takes what uvicorn logs; of an exception only the kind, since its text may hold events."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        kind = record.exc_info[0] if record.exc_info else None
        fields = {"kind": kind.__name__} if kind is not None else {}
        self._log.write(record.levelname.lower(), record.getMessage().splitlines()[0], **fields)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises LoaderError where it may not."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as error:
        found.close()
        raise LoaderError(
            f"Cannot listen on {host}:{port}: {error.strerror}. "
            "Choose another address with --host and --port."
        ) from error
    return found


def _prepare_interpreter() -> None:
    """Let two threads share the interpreter well: one reads and answers, the other commits.

    Between two calls into the engine the writer needs the interpreter for a moment only, and each
    time it would wait for most of a request to be read.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS)


def run(app: Starlette, bound: socket.socket, log: Log, *, shutdown_timeout: int) -> None:
    """Serve until a signal comes; then finish, within ``shutdown_timeout`` seconds."""
    logger = logging.getLogger("uvicorn")
    logger.handlers = [_Handler(log)]
    logger.propagate = False
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="on",
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        ws="none",
        timeout_graceful_shutdown=shutdown_timeout,
    )
    _prepare_interpreter()
    host, port = bound.getsockname()[:2]
    log.write("info", "listening", host=host, port=port)
    server = _Server(config)
    server.run(sockets=[bound])
    if not server.started:
        raise LoaderError("The server could not start.")
    log.write("info", "stopped")
