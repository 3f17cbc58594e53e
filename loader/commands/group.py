"""Groups of commands, each imported only when it is called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import click

from loader.interrupts import not_now


class Entry(NamedTuple):
    """A command: the module that holds it under its own name, and what the overview says.

    ``moved_to`` is the program that has it now, where the name here is kept for one version.
    """

    module: str
    summary: str
    moved_to: str = ""


class LazyGroup(click.Group):
    """A group whose overview needs no command's module: ``--help`` stays fast."""

    def __init__(self, *args: Any, entries: Mapping[str, Entry], **options: Any) -> None:
        super().__init__(*args, **options)
        self._entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Names of the commands, in the order in which one needs them."""
        return [name for name, entry in self._entries.items() if not entry.moved_to]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command's module and return the command; None for an unknown name."""
        entry = self._entries.get(cmd_name)
        if entry is None:
            return None
        with not_now():
            command = getattr(importlib.import_module(entry.module), cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry.module}.{cmd_name} is not a command")
        command.short_help = entry.summary
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is called, and say where it has gone if it has moved."""
        entry = self._entries.get(args[0])
        if entry is not None and entry.moved_to:
            click.echo(
                f"{ctx.info_name} {args[0]} is now {entry.moved_to} {args[0]}; "
                "the old name goes with the next version.",
                err=True,
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any of them."""
        names = self.list_commands(ctx)
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._entries[name].summary) for name in names])
