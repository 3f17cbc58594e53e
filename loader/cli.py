"""The program ``loader``: a group of commands, each imported only when it is called."""

from __future__ import annotations

import importlib
from typing import NamedTuple

import click

from loader.commands.options import epilog


class _Entry(NamedTuple):
    """A command: the module that holds it under its own name, and what the overview says."""

    module: str
    summary: str


_COMMANDS = {
    "init": _Entry("loader.commands.init", "Create the raw tables, and roles in PostgreSQL."),
    "append": _Entry("loader.commands.append", "Append events from files or standard input."),
    "serve": _Entry("loader.commands.serve", "Take events over HTTP, from existing SDKs too."),
    "drain": _Entry("loader.commands.drain", "Append what serve left in a stream in Redis."),
    "token": _Entry("loader.commands.token", "Create, list and revoke tokens for serve."),
    "build": _Entry("loader.commands.build", "Build the views of every organisation."),
    "rejects": _Entry("loader.commands.rejects", "Count rejected rows, or write them out."),
    "generate": _Entry("loader.commands.generate", "Write synthetic events to a file."),
}


class LazyGroup(click.Group):
    """A group whose overview needs no command's module: ``loader --help`` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Names of the commands, in the order in which one needs them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command's module and return the command; None for an unknown name."""
        entry = _COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command = getattr(importlib.import_module(entry.module), cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry.module}.{cmd_name} is not a command")
        command.short_help = entry.summary
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in _COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={
        "auto_envvar_prefix": "LOADER",
        "help_option_names": ["--help", "-h"],
        "max_content_width": 100,
    },
    epilog=epilog(
        "loader init",
        "loader append events.jsonl",
        "loader generate --events 100000 --users 2000 --days 90 --output events.jsonl",
    ),
)
@click.version_option(package_name="dbt-event-analytics", prog_name="loader")
def cli() -> None:
    """Append events to the raw tables that the dbt models read.

    The database is a target of profiles.yml, the one that dbt uses. Every option can be given as
    an environment variable too; a command's --help names it.
    """


def main() -> None:
    """Run the program; the entry point of the script ``loader``."""
    cli(prog_name="loader")
