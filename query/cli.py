"""The program ``query``: what the public views say, for programs, assistants and alerts."""

from __future__ import annotations

import click

from loader.commands.group import Entry, LazyGroup
from loader.commands.options import CONTEXT_SETTINGS, epilog

_COMMANDS = {
    "mcp": Entry("query.commands.mcp", "Answer an assistant (Model Context Protocol)."),
    "serve": Entry("query.commands.serve", "Answer questions over HTTP."),
    "alerts": Entry("query.commands.alerts", "Tell people and programs what changed, once."),
    "token": Entry("serving.commands.token", "Create, list and revoke tokens."),
}


@click.group(
    cls=LazyGroup,
    entries=_COMMANDS,
    context_settings={"auto_envvar_prefix": "QUERY", **CONTEXT_SETTINGS},
    epilog=epilog(
        "query token create --scope query",
        "query serve --target postgres",
        "query mcp --target postgres",
    ),
)
@click.version_option(package_name="dbt-event-analytics", prog_name="query")
def cli() -> None:
    """Answer questions from the public views of the dbt models.

    The database is a target of profiles.yml, the one that dbt and the loader use. Every option can
    be given as an environment variable too; a command's --help names it.
    """


def main() -> None:
    """Run the program; the entry point of the script ``query``."""
    cli(prog_name="query")
