"""``loader append``: appends events from files or standard input."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from loader.append import AppendOptions, Progress, append_files
from loader.commands.options import epilog, option, target_options
from loader.contract import DEFAULT_EARLIEST, DEFAULT_MAX_BYTES
from loader.errors import EXIT_FAILED, LoaderError, UsageError
from loader.field_names import FieldNames
from loader.readers import FORMATS, Format, Source, expand
from loader.report import AppendReport
from loader.target import load_target

_INTERRUPTED = (
    "Interrupted. Files that were done before are appended, the one at hand is not; "
    "appending all of them again is safe."
)


@click.command(
    epilog=epilog(
        "loader append events.jsonl",
        "loader append 'exports/*.csv.gz' --target postgres",
        "zcat events.gz | loader append - --format jsonl --json",
        "loader append calls.csv --map event_time=createdAt --map event_id= --map 'properties=*'",
        "loader append track.jsonl --map user_id=/properties/distinct_id --strict",
    )
)
@click.argument("files", nargs=-1, required=True, metavar="[FILES...|-]")
@option(
    "--format",
    "format_",
    envvar="LOADER_APPEND_FORMAT",
    type=click.Choice(FORMATS),
    help="Format of all files; else their endings tell (standard input: jsonl).",
)
@option(
    "--map",
    "maps",
    envvar="LOADER_APPEND_MAP",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="Where a field is found, instead of its usual names. May be given several times.",
)
@option("--strict", is_flag=True, help="Append nothing at all if any row is rejected or conflicts.")
@option(
    "--json",
    "as_json",
    is_flag=True,
    envvar="LOADER_APPEND_JSON",
    help="Print the report as JSON on standard output.",
)
@option(
    "--earliest",
    default=DEFAULT_EARLIEST.strftime("%Y-%m-%d"),
    show_default=True,
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Reject events from before this date (UTC).",
)
@option(
    "--future-tolerance",
    default=24.0,
    show_default=True,
    type=click.FloatRange(min=0, max=24 * 365 * 100),
    metavar="HOURS",
    help="Reject events from further in the future than this.",
)
@option(
    "--max-event-bytes",
    default=DEFAULT_MAX_BYTES,
    show_default=True,
    type=click.IntRange(min=1, max=64 << 20),
    metavar="BYTES",
    help="Reject events whose text is longer.",
)
@option(
    "--lock-timeout",
    default=10.0,
    show_default=True,
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long to wait for a DuckDB file that another program holds.",
)
@target_options
def append(  # noqa: PLR0913 (one parameter for each option)
    *,
    files: tuple[str, ...],
    format_: Format | None,
    maps: tuple[str, ...],
    strict: bool,
    as_json: bool,
    earliest: datetime,
    future_tolerance: float,
    max_event_bytes: int,
    lock_timeout: float,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """Append events from FILES, or from standard input (-), to raw.events.

    JSON lines (.jsonl, .ndjson, .json), CSV with a header (.csv) and Parquet (.parquet), plain
    or compressed (.gz, .zst). Each file is one transaction: it is appended whole or not at all,
    and appending it again adds nothing. Rows that are no events go to raw.rejected_events, with
    the reason, and do not stop the others.

    A row has event_id (or id, uuid, messageId), event_name (event, name), event_time (timestamp,
    time), user_id (userId, distinct_id) and properties, an object. Times need an offset from UTC.
    Without an id, one is derived from the other four. With --map, a field is read from another
    column, or from inside a nested one (/properties/distinct_id); `--map event_id=` derives all
    ids, and `--map 'properties=*'` takes all other columns as properties.

    The report goes to standard error: read = appended + duplicate + conflicting + rejected.
    Conflicting is an id that stands for another event already; the first one stays.
    """
    options = AppendOptions(
        names=_field_names(maps),
        strict=strict,
        earliest=earliest.replace(tzinfo=UTC),
        future_tolerance=timedelta(hours=future_tolerance),
        max_event_bytes=max_event_bytes,
        lock_timeout=lock_timeout,
    )
    sources = expand(files, format_)
    target = load_target(target_name, profiles_dir, raw_schema)
    try:
        with _progress_bar(sources) as progress:
            report = append_files(target, sources, options, progress)
        # inside, since a Ctrl-C may come as late as this
        if as_json:
            click.echo(json.dumps(report.as_dict(), indent=2))
        _print_report(report)
    except KeyboardInterrupt:
        raise LoaderError(_INTERRUPTED) from None
    except RuntimeError as error:
        # DuckDB's own word for a Ctrl-C that arrives while it works.
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise LoaderError(_INTERRUPTED) from None
        raise
    if report.failed:
        sys.exit(EXIT_FAILED)


def _field_names(maps: tuple[str, ...]) -> FieldNames:
    mapping: dict[str, str] = {}
    for text in maps:
        field, separator, column = text.partition("=")
        if not separator:
            raise UsageError(f"--map {text}: write FIELD=COLUMN, for instance event_time=createdAt")
        if field in mapping:
            raise UsageError(f"--map gives {field} twice")
        mapping[field] = column
    try:
        return FieldNames(mapping)
    except ValueError as error:
        raise UsageError(f"--map: {error}") from None


@contextmanager
def _progress_bar(sources: list[Source]) -> Iterator[Progress | None]:
    """A bar over all bytes to read, on a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    total = sum(source.size for source in sources)
    with click.progressbar(length=total, label="Appending", file=sys.stderr) as bar:
        yield lambda _, size: bar.update(size)


def _print_report(report: AppendReport) -> None:
    for source, row in report.offending:
        click.echo(f"{source}, line {row.line}: {row.reason} ({row.detail})", err=True)
    if report.refused:
        click.echo(
            f"Error: nothing was appended, because of --strict: {report.refused:,} rows are "
            "rejected or conflict. Mend them, or append without --strict.",
            err=True,
        )
        return
    for file in report.failed:
        outcome = (
            f"{file.source} may or may not have been appended"
            if file.unconfirmed
            else f"nothing of {file.source} was appended"
        )
        click.echo(f"Error: {outcome}. {file.error}", err=True)
    click.echo(report.as_text(), err=True)
