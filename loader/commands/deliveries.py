"""``loader deliveries``: lists what was appended together."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from loader.commands.options import epilog, option, organisation_option, target_options
from loader.commands.time import Time
from loader.deliveries import Selection, read_deliveries
from loader.organisations import check_name, target_of
from loader.targets import load_target


@click.command(
    epilog=epilog(
        "loader deliveries",
        "loader deliveries --source events.jsonl --since 2026-03-01 --json",
        "loader deliveries --limit 1",
    )
)
@option("--source", metavar="FILE", help="Only those of this source, as it was given to append.")
@option("--since", type=Time(), help="Only those that were appended at this time (UTC) or later.")
@option("--until", type=Time(), help="Only those that were appended before this time (UTC).")
@option(
    "--limit",
    default=20,
    show_default=True,
    type=click.IntRange(min=0),
    metavar="NUMBER",
    help="The newest of them; 0 lists all.",
)
@option(
    "--json",
    "as_json",
    is_flag=True,
    envvar="LOADER_DELIVERIES_JSON",
    help="Print them as JSON on standard output.",
)
@organisation_option
@target_options
def deliveries(  # noqa: PLR0913 (one parameter for each option)
    *,
    source: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    as_json: bool,
    org: str | None,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """List deliveries, the newest first: what was appended together, and what became of it.

    A delivery is a file, or a request to the collector, of which at least one row was read. The
    counts say what became of its rows then. All that an earlier version of the loader has appended
    is one delivery, called before. Take one out again with: loader withdraw
    """
    target = target_of(load_target(target_name, profiles_dir, raw_schema), org and check_name(org))
    found = read_deliveries(target, Selection(source, since, until, limit or None))
    if as_json:
        report = {"deliveries": [delivery.as_dict() for delivery in found]}
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
        return
    for delivery in found:
        click.echo(delivery.as_text())
    more = f", the newest {limit}" if len(found) == limit else ""
    click.echo(f"{len(found):,} deliveries in {target.label}{more}.", err=True)
