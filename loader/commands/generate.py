"""``loader generate``: writes synthetic events."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from loader.commands.options import epilog, option
from loader.commands.progress import progress_bar
from loader.errors import UsageError
from loader.generate.plan import MAX_DAYS, MAX_EVENTS, ROWS_PER_REPEAT, Plan
from loader.generate.write import Format, stream_events, write_events
from loader.interrupts import ending_with

# Fixed, so that the same command gives the same bytes on any day, and past, so that no event is
# rejected for lying in the future.
DEFAULT_END = "2024-12-31"


@click.command(
    epilog=epilog(
        "loader generate --events 100000 --users 2000 --days 90 --output events.jsonl",
        "loader generate --events 1000000 --users 20000 --output events.parquet",
        "loader generate --events 10000 --users 300 --days 30 --seed 7 | loader append -",
    )
)
@option(
    "--events",
    type=click.IntRange(1, MAX_EVENTS),
    default=100_000,
    show_default=True,
    help=f"Rows to write; one in {ROWS_PER_REPEAT} repeats an earlier one.",
)
@option(
    "--users",
    type=click.IntRange(1),
    default=2_000,
    show_default=True,
    help="Users, each of whom signs up once.",
)
@option(
    "--days",
    type=click.IntRange(1, MAX_DAYS),
    default=90,
    show_default=True,
    help="Days in which all of it happens.",
)
@option("--seed", type=int, default=1, show_default=True, help="Another seed, other events.")
@option(
    "--end",
    type=click.DateTime(["%Y-%m-%d"]),
    default=DEFAULT_END,
    show_default=True,
    help="The last of these days (UTC).",
)
@option(
    "--format",
    "file_format",
    envvar="LOADER_GENERATE_FORMAT",
    type=click.Choice(["jsonl", "parquet"]),
    help="JSON lines or Parquet; Parquet for a FILE that ends in .parquet, else JSON lines.",
)
@option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    default="-",
    show_default=True,
    metavar="FILE",
    help="Where to write; - is standard output.",
)
@option("--force", is_flag=True, help="Replace a file that exists.")
def generate(  # noqa: PLR0913 (one parameter for each option)
    *,
    events: int,
    users: int,
    days: int,
    seed: int,
    end: datetime.datetime,
    file_format: Format | None,
    output: Path,
    force: bool,
) -> None:
    """Write realistic synthetic events, the same bytes for the same options.

    An online shop: signups grow over time; activity fades, pauses and returns, follows the week
    and the hours of the day, and is spread unevenly over users; sessions go down the funnel
    product_viewed, cart_added, checkout_started, purchase_completed. Rows come in the order of
    their arrival: some hours or days late, some twice.
    """
    plan = Plan(events=events, users=users, days=days, seed=seed, end=end.date())
    file_format = file_format or ("parquet" if output.suffix == ".parquet" else "jsonl")
    if str(output) != "-":
        # not where they are piped on, since the next program has a bar of its own
        with (
            ending_with(f"Interrupted. {output} was not written."),
            progress_bar("Generating", 100) as progress,
        ):
            write_events(plan, output, file_format, force, progress)
        return
    if file_format == "parquet":
        raise UsageError("Parquet cannot be streamed. Name a file with --output.")
    with ending_with("Interrupted. Not all events were written."):
        stream_events(plan, click.get_binary_stream("stdout"))
