"""What `serve` and `drain` share: the stream in Redis between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from loader.commands.options import Command, option
from loader.errors import LoaderError
from serving.commands.options import variables

if TYPE_CHECKING:
    from collector.stream import Stream


def buffer_options(*, required: bool) -> Callable[[Command], Command]:
    """Add --buffer, --buffer-stream and --trust-buffer."""

    def decorate(command: Command) -> Command:
        for one in (
            option(
                "--trust-buffer",
                is_flag=True,
                envvar=variables("TRUST_BUFFER"),
                help="Do not ask Redis whether it keeps what it confirms (appendfsync always).",
            ),
            option(
                "--buffer-stream",
                default="event-analytics:events",
                envvar=variables("BUFFER_STREAM"),
                show_default=True,
                metavar="NAME",
                help="Name of the stream in Redis.",
            ),
            option(
                "--buffer",
                required=required,
                envvar=variables("BUFFER"),
                metavar="URL",
                help="Redis server with the stream, such as redis://localhost:6379/0.",
            ),
        ):
            command = one(command)
        return command

    return decorate


def open_stream(url: str, name: str, *, trusted: bool, **options: int) -> Stream:
    """The stream in Redis, once the package for it is there; nothing is connected yet."""
    try:
        from collector.stream import Stream  # noqa: PLC0415 (an extra of its own)
    except ModuleNotFoundError as missing:
        if missing.name != "redis":
            raise
        raise LoaderError(
            "--buffer needs the package redis. Install it with: "
            "pip install 'dbt-event-analytics[serve,buffer]'"
        ) from missing
    return Stream(url, name, trusted=trusted, **options)
