"""What the options of the servers' commands have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from loader.commands.options import Command, option


def variables(name: str) -> list[str]:
    """The environment variables of an option; the second one is from when it was the loader's."""
    return [f"COLLECTOR_{name}", f"LOADER_{name}"]


def address_options(port: int) -> Callable[[Command], Command]:
    """--host and --port, for a server that listens on this port unless told otherwise."""

    def decorate(command: Command) -> Command:
        with_port = option(
            "--port",
            default=port,
            show_default=True,
            type=click.IntRange(min=0, max=65535),
            help="Port to listen on; 0 takes a free one, which the log then names.",
        )(command)
        with_both: Command = option(
            "--host", default="127.0.0.1", show_default=True, help="Address to listen on."
        )(with_port)
        return with_both

    return decorate


def limit_option(
    defaults: object, name: str, text: str, unit: str, least: int = 1
) -> Callable[[Any], Any]:
    """An option for a whole number among settings, ``defaults`` of which say what it else is."""
    return option(
        f"--{name.replace('_', '-')}",
        name,
        default=getattr(defaults, name),
        show_default=True,
        type=click.IntRange(min=least),
        metavar=unit,
        help=text,
    )
