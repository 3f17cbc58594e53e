"""``loader withdraw``: takes a delivery out again."""

from __future__ import annotations

from pathlib import Path

import click

from loader.commands.options import epilog, json_option, option, organisation_option, target_options
from loader.commands.removals import finish
from loader.organisations import check_name, target_of
from loader.removing import withdraw as withdraw_delivery
from loader.targets import load_target


@click.command(
    epilog=epilog(
        "loader deliveries",
        "loader withdraw 3f0c7a52 --dry-run",
        "loader withdraw 3f0c7a52-8d1e-4b6a-9c1f-2f6f0f1d7e55 --target postgres",
    )
)
@click.argument("delivery", metavar="DELIVERY")
@option("--dry-run", is_flag=True, help="Only say how much would go.")
@json_option("LOADER_WITHDRAW_JSON")
@organisation_option
@target_options
def withdraw(  # noqa: PLR0913 (one parameter for each option)
    *,
    delivery: str,
    dry_run: bool,
    as_json: bool,
    org: str | None,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """Take out what a delivery has brought: its events and its rejected rows.

    DELIVERY is an id that loader deliveries lists, or the first 8 or more characters of it. All
    goes in one transaction, which raw.removals keeps a note of. The mended file can be appended at
    once.

    An event that a later delivery brought once more was a duplicate then, and is not there twice:
    it goes, too. Append that file again if it should stay.

    On PostgreSQL only the owner of the raw tables may do this. While it lasts, those who append
    wait.
    """
    target = target_of(load_target(target_name, profiles_dir, raw_schema), org and check_name(org))
    removal = withdraw_delivery(target, delivery, dry_run=dry_run)
    finish(target, removal, dry_run=dry_run, as_json=as_json)
