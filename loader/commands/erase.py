"""``loader erase``: takes out all of a person."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import click

from loader.commands.options import epilog, json_option, option, organisation_option, target_options
from loader.commands.removals import finish
from loader.errors import UsageError
from loader.organisations import check_name, target_of
from loader.removing import erase as erase_users
from loader.targets import load_target


@click.command(
    epilog=epilog(
        "loader erase --user ann@example.org --dry-run",
        "loader erase --user 4711 --user anonymous-8a1f --target postgres",
        "loader erase --users-from requests.txt",
    )
)
@option(
    "--user",
    "users",
    envvar="LOADER_ERASE_USER",
    multiple=True,
    metavar="ID",
    help="A user_id. May be given several times.",
)
@option(
    "--users-from",
    type=click.File("r", encoding="utf-8"),
    metavar="FILE",
    help="A file with a user_id on each line; - is standard input.",
)
@option("--dry-run", is_flag=True, help="Only say how much would go.")
@option(
    "--remember-days",
    default=30,
    show_default=True,
    type=click.IntRange(min=0, max=3650),
    metavar="DAYS",
    help="For so long, an erased event that is sent again is a duplicate.",
)
@json_option("LOADER_ERASE_JSON")
@organisation_option
@target_options
def erase(  # noqa: PLR0913 (one parameter for each option)
    *,
    users: tuple[str, ...],
    users_from: IO[str] | None,
    dry_run: bool,
    remember_days: int,
    as_json: bool,
    org: str | None,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """Take out all of a person: events, and rejected rows that name the person.

    A rejected row goes if its text names one of the ids, as a value of JSON or anywhere, but not
    as a part of a longer id; where the source of a delivery is called after one, (erased) takes
    its place. All goes in one transaction, which raw.removals keeps a note of, without the ids.

    Events of the person that are sent again within --remember-days, as SDKs do whose answer was
    lost, are taken for duplicates. Other events of the person that come later are new. Events of
    other users stay, also where their properties name the person.

    On PostgreSQL only the owner of the raw tables may do this. While it lasts, those who append
    wait. What then is left in the database's own files, and how to be rid of it: docs/removals.md
    """
    ids = {*users, *((line.rstrip("\r\n") for line in users_from) if users_from else ())} - {""}
    if not ids:
        raise UsageError("Say whom to erase, with --user ID or --users-from FILE.")
    target = target_of(load_target(target_name, profiles_dir, raw_schema), org and check_name(org))
    removal = erase_users(target, ids, remember_days=remember_days, dry_run=dry_run)
    finish(target, removal, dry_run=dry_run, as_json=as_json)
