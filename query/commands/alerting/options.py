"""Options that commands of ``query alerts`` share."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from pathlib import Path

import click

from loader.commands.options import Command, option, target_options
from loader.errors import UsageError
from loader.organisations import check_name
from loader.targets import Target, load_target
from query.alerts.config import DEFAULT_FILE, DEFAULT_ORGANISATION
from query.alerts.deliver import Patience

_DEFAULTS = Patience()


def config_option(command: Command) -> Command:
    """--config; the command receives ``config``."""
    return option(
        "--config",
        type=click.Path(dir_okay=False, path_type=Path),
        default=DEFAULT_FILE,
        show_default=True,
        envvar="QUERY_ALERTS_CONFIG",
        metavar="FILE",
        help="Who shall hear of what.",
    )(command)


def organisation_option(command: Command) -> Command:
    """--org for a command about one organisation; the command receives ``org``."""
    return option("--org", envvar="QUERY_ALERTS_ORG", metavar="NAME", help="Of this organisation.")(
        command
    )


def organisations_options(command: Command) -> Command:
    """--org and --default for a command about all organisations or some; see `chosen`."""
    for decorate in (
        option("--default", is_flag=True, help="Only the default schemas, beside --org."),
        option(
            "--org",
            "names",
            multiple=True,
            envvar="QUERY_ALERTS_ORG",
            metavar="NAME",
            help="Only this organisation. May be given several times.",
        ),
    ):
        command = decorate(command)
    return command


def run_options(command: Command) -> Command:
    """What an evaluation and the deliveries after it need; see `patience` and `chosen`."""
    for decorate in (
        target_options,
        option(
            "--claim-after",
            default=_DEFAULTS.claim,
            show_default=True,
            type=click.FloatRange(min=2 * _DEFAULTS.claim / 4),
            metavar="SECONDS",
            help="Take over what another run has begun to send for so long.",
        ),
        option(
            "--lock-timeout",
            default=_DEFAULTS.lock,
            show_default=True,
            type=click.FloatRange(min=0),
            metavar="SECONDS",
            help="Wait so long for a DuckDB file that another process holds.",
        ),
        organisations_options,
        config_option,
    ):
        command = decorate(command)
    return command


def chosen(names: Sequence[str], *, default: bool) -> list[str]:
    """The organisations that are named, '' for the default schemas; none where all are meant."""
    return ([""] if default else []) + [check_name(name) for name in names]


def one_target(
    target_name: str | None, profiles_dir: Path | None, raw_schema: str, org: str | None
) -> tuple[Target, str]:
    """The target, and the organisation that a command is about, '' for the default schemas."""
    if org == DEFAULT_ORGANISATION:
        raise UsageError("Leave --org out for the default schemas.")
    return load_target(target_name, profiles_dir, raw_schema), check_name(org) if org else ""


def who() -> str:
    """The name of whoever runs this."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in a container
        return "somebody"
