"""``loader append``: appends events from files or standard input."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from loader.append import AppendOptions, append_files
from loader.commands.append_options import append_options
from loader.commands.append_output import print_report
from loader.commands.mapping_options import mapping_options
from loader.commands.options import epilog, target_options
from loader.commands.progress import progress_bar
from loader.commands.reading_options import reading_options
from loader.errors import EXIT_FAILED, UsageError
from loader.interrupts import ending_with
from loader.mapping import Mapping
from loader.readers import ReadOptions, Source, expand
from loader.readers.source import STDIN
from loader.targets import load_target

_INTERRUPTED = (
    "Interrupted. Files that were done before are appended, the one at hand is not; "
    "appending all of them again is safe."
)
_REHEARSAL_ENDED = "Interrupted. Nothing was written, because of --dry-run."


@click.command(
    epilog=epilog(
        "loader append events.jsonl --dry-run",
        "loader append events.jsonl --max-rejected 1%",
        "loader append 'exports/*.csv.gz' --target postgres",
        "zcat events.gz | loader append - --format jsonl --json",
        "loader append calls.csv --map event_time=createdAt --map event_id= --map 'properties=*'",
        "loader append track.jsonl --map user_id=/properties/distinct_id --strict",
    )
)
@click.argument("files", nargs=-1, required=True, metavar="[FILES...|-]")
@reading_options
@mapping_options
@append_options
@target_options
def append(  # noqa: PLR0913 (one parameter for each group of options)
    *,
    files: tuple[str, ...],
    reading: ReadOptions,
    mapping: Mapping,
    options: AppendOptions,
    as_json: bool,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """Append events from FILES, or from standard input (-), to raw.events.

    The table is append-only, so begin with --dry-run: it writes nothing, needs no table, and shows
    the first events as they would be stored, where each field comes from, which columns nothing
    reads, and what would become of all rows.

    JSON (.jsonl, .ndjson, .json), CSV (.csv, .tsv), Parquet, Avro, Arrow, ORC and spreadsheets,
    plain or compressed (.gz, .zst, .bz2, .xz), in archives (.zip, .tar), in folders, or behind
    addresses (s3://, gs://, https://). Each file is one transaction: it is appended whole or not
    at all, and appending it again adds nothing. Rows that are no events go to
    raw.rejected_events, with the reason, and do not stop the others.

    A row has event_id (or id, uuid, messageId), event_name (event, name), event_time (timestamp,
    time), user_id (userId, distinct_id) and properties, an object. Times need an offset from UTC.
    Without an id, one is derived from the other four. With --map, a field is read from another
    column, or from inside a nested one (/properties/distinct_id); `--map event_id=` derives all
    ids, and `--map 'properties=*'` takes all other columns as properties. For what tools export
    there is --from: see loader presets.

    The report goes to standard error: read = appended + duplicate + conflicting + rejected.
    Conflicting is an id that stands for another event already; the first one stays. The exit code
    is 1 where nothing of a file could be appended, and something of it was rejected or conflicts;
    what is there already counts as appended.
    """
    options = replace(options, mapping=mapping)
    if sys.stdin is None and STDIN in files:
        raise UsageError("Standard input (-) is closed. Pipe events into it, or name a file.")
    with ending_with(_REHEARSAL_ENDED if options.dry_run else _INTERRUPTED):
        sources = expand(files, _reading(reading, mapping), _note)
        target = load_target(target_name, profiles_dir, raw_schema)
        with progress_bar("Reading" if options.dry_run else "Appending", _size(sources)) as bar:
            report = append_files(target, sources, options, bar and (lambda _, size: bar(size)))
        # inside, since a Ctrl-C may come as late as this
        print_report(report, as_json=as_json)
    if report.failed:
        sys.exit(EXIT_FAILED)


def _size(sources: list[Source]) -> int:
    return sum(source.size for source in sources)


def _reading(reading: ReadOptions, mapping: Mapping) -> ReadOptions:
    """The options, and the mapping's where these are silent.

    Its format is for files of which neither name nor first bytes tell one.
    """
    defaults = dict(mapping.reading)
    if "format" in defaults:
        defaults["fallback"] = defaults.pop("format")
    try:
        return reading.with_defaults(defaults)
    except ValueError as error:
        raise UsageError(f"{mapping.label}, read: {error}.") from error


def _note(note: str) -> None:
    click.echo(f"Note: {note}.", err=True)
