"""``loader build``: runs dbt for every organisation."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click

from loader.commands.options import epilog, option, target_options
from loader.errors import EXIT_FAILED, LoaderError
from loader.organisations import check_name, organisations
from loader.target import load_target


@click.command(
    context_settings={"ignore_unknown_options": True},
    epilog=epilog(
        "loader build",
        "loader build --org acme --org globex",
        "loader build -- --select daily_active_users",
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
@click.argument("dbt_arguments", nargs=-1, type=click.UNPROCESSED)
@target_options
def build(
    *,
    names: tuple[str, ...],
    dbt_arguments: tuple[str, ...],
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """Run dbt build for each organisation, one after another, and then say which failed.

    Without organisations there is one build, that of the default schemas. An organisation is what
    loader init --org has made raw tables for. Arguments after -- go to dbt.
    """
    target = load_target(target_name, profiles_dir, raw_schema)
    chosen: list[str | None] = [check_name(name) for name in names]
    if not chosen:
        chosen = [None, *organisations(target)]
    failed = []
    for organisation in chosen:
        label = organisation or "default"
        click.echo(f"Building {label}", err=True)
        variables = {"raw_schema": raw_schema, "org": organisation or ""}
        command = ["dbt", "build", "--target", target.name, "--vars", json.dumps(variables)]
        if profiles_dir is not None:
            command += ["--profiles-dir", str(profiles_dir)]
        if _run([*command, *dbt_arguments]) != 0:
            failed.append(label)
    if failed:
        click.echo(f"Error: failed for {', '.join(failed)}; see above.", err=True)
        sys.exit(EXIT_FAILED)


def _run(command: list[str]) -> int:
    """Run the dbt of this environment."""
    beside = Path(sys.executable).with_name(command[0])
    program = str(beside) if beside.exists() else command[0]
    try:
        return subprocess.run([program, *command[1:]], check=False).returncode
    except FileNotFoundError:
        raise LoaderError(
            "dbt was not found. Install it with: pip install 'event-analytics[dbt]'"
        ) from None
