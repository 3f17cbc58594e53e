"""The program ``collector``: events over HTTP into the raw tables, and who may deliver them."""

from __future__ import annotations

import click

from loader.commands.group import Entry, LazyGroup
from loader.commands.options import CONTEXT_SETTINGS, epilog

_COMMANDS = {
    "serve": Entry("collector.commands.serve", "Take events over HTTP, from existing SDKs too."),
    "drain": Entry("collector.commands.drain", "Append what serve left in a stream in Redis."),
    "token": Entry("serving.commands.token", "Create, list and revoke tokens."),
}


@click.group(
    cls=LazyGroup,
    entries=_COMMANDS,
    context_settings={"auto_envvar_prefix": "COLLECTOR", **CONTEXT_SETTINGS},
    epilog=epilog(
        "loader init",
        "collector token create --scope ingest",
        "collector serve --target postgres --port 8080",
    ),
)
@click.version_option(package_name="dbt-event-analytics", prog_name="collector")
def cli() -> None:
    """Take events over HTTP into the raw tables that the dbt models read.

    The database is a target of profiles.yml, the one that dbt and the loader use. Every option can
    be given as an environment variable too; a command's --help names it.
    """


def main() -> None:
    """Run the program; the entry point of the script ``collector``."""
    cli(prog_name="collector")
