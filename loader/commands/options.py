"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from loader.contract import DEFAULT_EARLIEST, DEFAULT_FUTURE_TOLERANCE

Command = TypeVar("Command", bound=Callable[..., Any])

#: Like ``click.option``, and names the option's environment variable in ``--help``.
option = partial(click.option, show_envvar=True)

#: What all programs have in common.
CONTEXT_SETTINGS = {"help_option_names": ["--help", "-h"], "max_content_width": 100}

EXIT_CODES = "Exit codes: 0 done, 1 bad data or database, 2 wrong usage."


def epilog(*examples: str) -> str:
    """What ends a command's help: examples to run as they stand, and the exit codes."""
    # Click keeps the line breaks of a paragraph that a backspace opens.
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in examples) + f"\n\n{EXIT_CODES}"


def target_options(command: Command) -> Command:
    """Add --target, --profiles-dir and --raw-schema.

    The command receives ``target_name``, ``profiles_dir`` and ``raw_schema``: the arguments of
    ``loader.targets.load_target``.
    """
    for decorate in (
        option(
            "--raw-schema",
            default="raw",
            envvar="LOADER_RAW_SCHEMA",
            show_default=True,
            metavar="SCHEMA",
            help="Schema of the raw tables (in dbt: the variable raw_schema).",
        ),
        option(
            "--profiles-dir",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            envvar=["LOADER_PROFILES_DIR", "DBT_PROFILES_DIR"],
            metavar="DIRECTORY",
            help="Where profiles.yml lies; else the current directory, then ~/.dbt.",
        ),
        option(
            "--target",
            "-t",
            "target_name",
            envvar=["LOADER_TARGET", "DBT_TARGET"],
            metavar="TARGET",
            help="Target of profiles.yml, as in dbt; else the profile's default.",
        ),
    ):
        command = decorate(command)
    return command


def json_option(envvar: str) -> Callable[[Command], Command]:
    """--json for a command that reports; the command receives ``as_json``."""
    return option(
        "--json",
        "as_json",
        is_flag=True,
        envvar=envvar,
        help="Print the report as JSON on standard output.",
    )


def time_bounds(command: Command) -> Command:
    """Add --earliest and --future-tolerance: a datetime without an offset, and hours."""
    for decorate in (
        option(
            "--future-tolerance",
            default=DEFAULT_FUTURE_TOLERANCE.total_seconds() / 3600,
            show_default=True,
            type=click.FloatRange(min=0, max=24 * 365 * 100),
            metavar="HOURS",
            help="Reject events from further in the future than this.",
        ),
        option(
            "--earliest",
            default=DEFAULT_EARLIEST.strftime("%Y-%m-%d"),
            show_default=True,
            type=click.DateTime(["%Y-%m-%d"]),
            metavar="DATE",
            help="Reject events from before this date (UTC).",
        ),
    ):
        command = decorate(command)
    return command


def organisation_option(command: Command) -> Command:
    """Add --org; the command receives ``org``, a name or None."""
    decorate = option("--org", metavar="NAME", help="In the raw schema of this organisation.")
    return decorate(command)
