"""``loader build``: runs dbt for every organisation."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import yaml
from click.core import ParameterSource

from loader.building.report import Built, show
from loader.building.run import run_build, without_unit_tests
from loader.commands.options import epilog, option, target_options
from loader.errors import UsageError
from loader.organisations import check_name, organisations
from loader.targets import load_target


@click.command(
    context_settings={"ignore_unknown_options": True},
    epilog=epilog(
        "loader build",
        "loader build --org acme --org globex",
        "loader build --quick -- --select daily_active_users",
    ),
)
@option(
    "--org",
    "names",
    envvar="LOADER_BUILD_ORG",
    multiple=True,
    metavar="NAME",
    help="Only this organisation. May be given several times.",
)
@option("--default", is_flag=True, help="Only the default schemas, beside --org.")
@option("--quick", is_flag=True, help="Leave out unit tests, which do not depend on events.")
@click.argument("dbt_arguments", nargs=-1, type=click.UNPROCESSED)
@target_options
@click.pass_context
def build(  # noqa: PLR0913 (one parameter for each option)
    context: click.Context,
    *,
    names: tuple[str, ...],
    default: bool,
    quick: bool,
    dbt_arguments: tuple[str, ...],
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """Run dbt build for each organisation, one after another, and then say what went wrong.

    Without organisations there is one build, that of the default schemas. An organisation is what
    loader init --org has made raw tables for. Unit tests run in the first build alone. Arguments
    after -- go to dbt, whose exit code is this command's, or the highest of several.
    """
    target = load_target(target_name, profiles_dir, raw_schema)
    chosen: list[str | None] = [None] if default else []
    chosen += [check_name(name) for name in names]
    if not chosen:
        chosen = [None, *organisations(target)]
    arguments, variables = _split_variables(dbt_arguments)
    if context.get_parameter_source("raw_schema") is not ParameterSource.DEFAULT:
        variables = {"raw_schema": raw_schema, **variables}
    options = ["--target", target.name]
    if profiles_dir is not None:
        options += ["--profiles-dir", str(profiles_dir)]
    builds: list[tuple[str, Built]] = []
    for organisation in chosen:
        label = organisation or "default"
        click.echo(f"Building {label}", err=True)
        of_this = [*options, *_variables_option(variables, organisation), *arguments]
        if quick or any(built.ran_unit_tests for _, built in builds):
            of_this = [*without_unit_tests(), *of_this]
        builds.append((label, run_build(of_this)))
    show([(label if len(builds) > 1 else None, built) for label, built in builds])
    failed = [label for label, built in builds if built.exit_code]
    if failed and len(builds) > 1:
        click.echo(f"Error: failed for {', '.join(failed)}; see above.", err=True)
    sys.exit(max(built.exit_code for _, built in builds))


def _variables_option(variables: dict[str, Any], organisation: str | None) -> list[str]:
    """Dbt's option for these variables and the organisation; none where there is nothing to say."""
    given = {**variables, **({"org": organisation} if organisation else {})}
    return ["--vars", json.dumps(given)] if given else []


def _split_variables(arguments: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
    """What goes to dbt without its --vars, and these: it would take the last --vars only."""
    rest: list[str] = []
    variables: dict[str, Any] = {}
    remaining = iter(arguments)
    for argument in remaining:
        name, equals, text = argument.partition("=")
        if name != "--vars":
            rest.append(argument)
            continue
        variables |= _read_variables(text if equals else next(remaining, ""))
    return rest, variables


def _read_variables(text: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        found = None
    if not isinstance(found, dict):
        raise UsageError(f"--vars {text}: write a mapping, for instance --vars '{{rollups: view}}'")
    return found
