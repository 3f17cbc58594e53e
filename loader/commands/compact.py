"""``loader compact``: many small files of a lake into few."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import click

from loader.commands.options import epilog, json_option, option, target_options
from loader.compaction import DEFAULT_FILE_BYTES, DEFAULT_GRACE, Compaction
from loader.compaction import compact as compact_lake
from loader.errors import UsageError
from loader.organisations import organisations, target_of
from loader.targets import load_target


@click.command(
    epilog=epilog("loader compact --target lake", "loader compact --grace 0 --file-size 512")
)
@option(
    "--grace",
    default=DEFAULT_GRACE.total_seconds() / 3600,
    show_default=True,
    type=click.FloatRange(min=0, max=24 * 365),
    metavar="HOURS",
    help="Keep files for so long after others stand for them: for whoever still reads them.",
)
@option(
    "--file-size",
    default=DEFAULT_FILE_BYTES >> 20,
    show_default=True,
    type=click.IntRange(min=1),
    metavar="MB",
    help="Leave files of this size and more as they are.",
)
@json_option("LOADER_COMPACT_JSON")
@target_options
def compact(  # noqa: PLR0913 (one parameter for each option)
    *,
    grace: float,
    file_size: int,
    as_json: bool,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """Write the small files of a lake into few, and remove what is not needed any more.

    Each append writes a file for each month that it has events of. This merges the small ones of
    each month, without rows that are there twice and alike, also those of all organisations. Run
    it by a schedule, such as once a day: those who read or append meanwhile are not disturbed.
    Files that were merged, and those of appends that died, are removed after a time, by which
    whoever reads them has ended or built anew.
    """
    target = load_target(target_name, profiles_dir, raw_schema)
    if target.engine != "lake":
        raise UsageError(f"Target {target.name!r} is no lake, and has no files to merge.")
    done = Compaction()
    for organisation in (None, *organisations(target)):
        of_this = target_of(target, organisation)
        found = compact_lake(of_this, grace=timedelta(hours=grace), file_bytes=file_size << 20)
        done.add(found)
    if as_json:
        click.echo(json.dumps(done.as_dict(), indent=2))
    click.echo(
        f"Merged {done.merged:,} files into {done.written:,} ({done.rows:,} rows, left out "
        f"{done.repeats:,} repeated ones), removed {done.removed:,} old files, in {target.label}.",
        err=True,
    )
