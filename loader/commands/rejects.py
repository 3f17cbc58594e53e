"""``loader rejects``: counts the rejected rows, or writes them out."""

from __future__ import annotations

import json
import shlex
from datetime import datetime
from pathlib import Path

import click

from loader.commands.options import epilog, option, target_options
from loader.commands.time import Time
from loader.errors import UsageError
from loader.interrupts import ending_with
from loader.reasons import REASONS
from loader.rejects import Selection, count_rejects, save_rejects, write_rejects
from loader.targets import load_target

_MEND = (
    "Mend them there, and append that file: loader append {name}, with the same options for where "
    "fields are and how times are written (--map, --mapping, --from, --time-format, --time-zone), "
    "but without those for reading the first file (--format, --delimiter and others)."
)


@click.command(
    epilog=epilog(
        "loader rejects",
        "loader rejects --reason missing_user_id --since 2026-03-01 --json",
        "loader rejects --source events.jsonl --output mend.jsonl",
        "loader rejects --reason event_time_in_future --output - | loader append -",
    )
)
@option(
    "--reason",
    "reasons",
    envvar="LOADER_REJECTS_REASON",
    multiple=True,
    type=click.Choice(list(REASONS)),
    metavar="REASON",
    help="Only rows of this reason. May be given several times.",
)
@option("--source", metavar="FILE", help="Only rows of this source, as it was given to append.")
@option("--since", type=Time(), help="Only rows rejected at this time (UTC) or later.")
@option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Write the original rows there, to be mended and appended again; - is standard output.",
)
@option("--force", is_flag=True, help="Replace a file that exists.")
@option(
    "--json",
    "as_json",
    is_flag=True,
    envvar="LOADER_REJECTS_JSON",
    help="Print the counts as JSON on standard output.",
)
@target_options
def rejects(  # noqa: PLR0913 (one parameter for each option)
    *,
    reasons: tuple[str, ...],
    source: str | None,
    since: datetime | None,
    output: Path | None,
    force: bool,
    as_json: bool,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """Count the rows that append rejected, by reason, and say how to mend them.

    With --output, write their original texts as well: one on each line, rows of CSV and Parquet
    files as JSON objects, with the columns as keys. Mend them there and append that file, with the
    same options for where fields are and how times are written (--map and others) as the first
    time, and without those for reading files (--format and others). Rejected rows stay in the
    table for the record; appending a mended row does not remove them.
    """
    to_stdout = output is not None and str(output) == "-"
    if to_stdout and as_json:
        raise UsageError("--json and --output - both want standard output. Choose one.")
    target = load_target(target_name, profiles_dir, raw_schema)
    selection = Selection(reasons, source, since)
    with ending_with("Interrupted. Not all rejected rows were written."):
        if to_stdout:
            write_rejects(target, selection, click.get_binary_stream("stdout"))
        elif output is not None:
            written = save_rejects(target, selection, output, force)
            click.echo(f"Wrote {written:,} rows to {output}", err=True)
            click.echo(_MEND.format(name=shlex.quote(str(output))), err=True)
        counts = count_rejects(target, selection)
    total = sum(count.rows for count in counts)
    if as_json:
        report = {"rejected": total, "reasons": [count.as_dict() for count in counts]}
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
        return
    for count in counts:
        click.echo(count.as_text(), err=to_stdout)
    click.echo(f"{total:>9,}  rejected rows in {target.label}", err=to_stdout)
