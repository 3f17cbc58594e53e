"""The program ``loader``: a group of commands, each imported only when it is called."""

from __future__ import annotations

import sys

import click

from loader.commands.group import Entry, LazyGroup
from loader.commands.options import CONTEXT_SETTINGS, epilog

_COMMANDS = {
    "init": Entry("loader.commands.init", "Create the raw tables, and roles in PostgreSQL."),
    "append": Entry("loader.commands.append", "Append events from files or standard input."),
    "presets": Entry("loader.commands.presets", "List the tools whose exports are known."),
    "build": Entry("loader.commands.build", "Build the views of every organisation."),
    "rejects": Entry("loader.commands.rejects", "Count rejected rows, or write them out."),
    "deliveries": Entry("loader.commands.deliveries", "List what was appended together."),
    "withdraw": Entry("loader.commands.withdraw", "Take out what a delivery has brought."),
    "erase": Entry("loader.commands.erase", "Take out all of a person."),
    "compact": Entry("loader.commands.compact", "Write the small files of a lake into few."),
    "rewrite": Entry("loader.commands.rewrite", "Write a DuckDB file without what was deleted."),
    "restore": Entry("loader.commands.restore", "Make a DuckDB file of an exported one."),
    "generate": Entry("loader.commands.generate", "Write synthetic events to a file."),
    "serve": Entry("collector.commands.serve", "", moved_to="collector"),
    "drain": Entry("collector.commands.drain", "", moved_to="collector"),
    "token": Entry("serving.commands.token", "", moved_to="collector"),
}


@click.group(
    cls=LazyGroup,
    entries=_COMMANDS,
    context_settings={"auto_envvar_prefix": "LOADER", **CONTEXT_SETTINGS},
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
    try:
        cli(prog_name="loader")
    except RuntimeError as error:
        # Click knows a Ctrl-C, but not DuckDB's word for one that arrives while it works.
        if not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        click.echo("Aborted!", err=True)
        sys.exit(1)
