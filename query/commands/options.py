"""Options of the commands that answer from the views."""

from __future__ import annotations

from pathlib import Path

import click

from loader.commands.options import Command, option
from query.settings import Settings


def manifest_option(command: Command) -> Command:
    """--manifest; the command receives ``manifest``."""
    return option(
        "--manifest",
        default="target/manifest.json",
        show_default=True,
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="dbt's manifest, which says what views there are; semantic_manifest.json, which says "
        "what metrics, lies beside it.",
    )(command)


def reading_options(command: Command) -> Command:
    """--reader-role, --snapshots and --query-timeout: how the database is asked."""
    for decorate in (
        option(
            "--query-timeout",
            default=Settings().query_timeout,
            show_default=True,
            type=click.FloatRange(min=0.1),
            metavar="SECONDS",
            help="How long a query may take.",
        ),
        option(
            "--snapshots",
            type=click.Path(exists=True, file_okay=False, writable=True, path_type=Path),
            metavar="DIRECTORY",
            help="Where the copy of a DuckDB file goes that is asked; beside the file unless "
            "given.",
        ),
        option(
            "--reader-role",
            default="event_reader",
            show_default=True,
            metavar="ROLE",
            help="PostgreSQL role that asks, to which _ORGANISATION is appended; empty: the user "
            "itself.",
        ),
    ):
        command = decorate(command)
    return command
