"""`python -m deploy.superset`: makes the bundle, sets a running Superset up, lets guests in."""

from __future__ import annotations

import os
from pathlib import Path

import click

from deploy.superset.api import Superset
from deploy.superset.bundle import make_bundle
from deploy.superset.install import datasets, guest_token, set_up
from deploy.superset.project import read_project
from deploy.superset.settings import read_settings
from loader.errors import UsageError

_PASSWORD = "SUPERSET_PASSWORD"  # noqa: S105 (a variable's name)

_settings = click.option(
    "--settings",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("superset.yml"),
    show_default=True,
    help="The file with connections, rules and pages; see setup.example.yml.",
)
_manifest = click.option(
    "--manifest",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("target/manifest.json"),
    show_default=True,
    help="What dbt build or dbt parse has written.",
)
_url = click.option("--url", default="http://127.0.0.1:8088", show_default=True)
_user = click.option("--user", default="admin", show_default=True, help="An administrator's name.")


@click.group()
def main() -> None:
    """Dashboards in Superset, made from the project's exposures and contracts."""


@main.command()
@_settings
@_manifest
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("superset.zip"),
    show_default=True,
)
def bundle(settings: Path, manifest: Path, output: Path) -> None:
    """Write the bundle, to look at or to import by hand; passwords are not in it."""
    made = make_bundle(read_project(manifest), read_settings(settings))
    output.write_bytes(made.zipped())
    click.echo(f"{output}: {len(made.files)} files")


@main.command("set-up")
@_settings
@_manifest
@_url
@_user
def set_up_command(settings: Path, manifest: Path, url: str, user: str) -> None:
    """Bring a running Superset to what the project says; again after each change or upgrade."""
    project, wanted = read_project(manifest), read_settings(settings)
    with Superset(url, user, _password()) as superset:
        embedded = set_up(superset, project, wanted)
    for connection in wanted.connections:
        click.echo(f"{connection.name}: schema {connection.schema}, role {connection.role}")
    for slug, uuid in embedded.items():
        click.echo(f"{url}/superset/dashboard/{slug}/  embedded as {uuid}")


@main.command("guest-token")
@_url
@_user
@click.argument("uuid")
@click.option("--guest", default="guest", show_default=True, help="A name for logs.")
@click.option(
    "--rule",
    "rules",
    multiple=True,
    metavar="CONNECTION.VIEW=SQL",
    help="Rows that the guest sees of a view, such as \"events.user_segments=segment_value='de'\".",
)
def guest_token_command(url: str, user: str, uuid: str, guest: str, rules: tuple[str, ...]) -> None:
    """Print a token with which a page shows the embedded dashboard UUID for five minutes."""
    with Superset(url, user, _password()) as superset:
        numbers = datasets(superset)
        clauses: dict[int | None, str] = {}
        for rule in rules:
            view, _, clause = rule.partition("=")
            connection, _, name = view.partition(".")
            if (connection, name) not in numbers or not clause:
                raise UsageError(f"{rule!r} is no rule, or there is no dataset {view}.")
            clauses[numbers[connection, name]] = clause
        click.echo(guest_token(superset, uuid, guest, clauses))


def _password() -> str:
    password = os.environ.get(_PASSWORD)
    if not password:
        raise UsageError(f"Give the administrator's password in the variable {_PASSWORD}.")
    return password


if __name__ == "__main__":
    main()
