"""What ``loader append`` prints."""

from __future__ import annotations

import json

import click

from loader.report import AppendReport, FileReport
from loader.report_text import closing, notes, rehearsal


def print_report(report: AppendReport, *, as_json: bool) -> None:
    """Print the report on standard error, and as JSON on standard output if that is wanted."""
    if as_json:
        click.echo(json.dumps(report.as_dict(), indent=2))
    if report.dry_run:
        _say(*(line for file in report.files for line in rehearsal(file)))
    _print_errors(report)
    if report.refused and not report.dry_run:
        return
    _say(*closing(report), *notes(report))
    if report.without_tables:
        _say(f"{report.without_tables} has no raw tables yet. Create them with: loader init")
    if report.dry_run:
        _say("Nothing was written, because of --dry-run.")


def _print_errors(report: AppendReport) -> None:
    for source, row in report.offending:
        _say(f"{source}, line {row.line}: {row.reason} ({row.detail})")
    if report.refused:
        _say(_refused(report))
    else:
        for file in report.failed:
            _say(f"Error: {_outcome(file, dry_run=report.dry_run)}. {file.error}")


def _refused(report: AppendReport) -> str:
    done = "would be" if report.dry_run else "was"
    return (
        f"Error: nothing {done} appended, because of --strict: {report.refused:,} rows are "
        "rejected or conflict. Mend them, or append without --strict."
    )


def _outcome(file: FileReport, *, dry_run: bool) -> str:
    if file.unconfirmed:
        return f"{file.source} may or may not have been appended"
    return f"nothing of {file.source} {'would be' if dry_run else 'was'} appended"


def _say(*lines: str) -> None:
    for line in lines:
        click.echo(line, err=True)
