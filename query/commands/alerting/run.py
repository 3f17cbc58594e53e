"""``query alerts run`` and ``watch``: evaluate and deliver."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path

import click

from loader.commands.options import epilog, json_option, option
from loader.errors import EXIT_FAILED
from loader.targets import load_target
from query.alerts.config import read_config
from query.alerts.deliver import Patience
from query.alerts.run import run as run_once
from query.alerts.watch import Watch
from query.commands.alerting.options import chosen, run_options
from serving.logs import Log


@click.command(
    epilog=epilog(
        "query alerts run",
        "query alerts run --dry-run",
        "query alerts run --org acme --wait 0 --json",
    )
)
@option("--dry-run", is_flag=True, help="Only say what would be told to whom; change nothing.")
@option(
    "--wait",
    default=Patience().wait,
    show_default=True,
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Try again for so long what could not be delivered; the rest waits for the next run.",
)
@json_option("QUERY_ALERTS_JSON")
@run_options
def run(  # noqa: PLR0913 (one parameter for each option)
    *,
    dry_run: bool,
    wait: float,
    as_json: bool,
    config: Path,
    names: tuple[str, ...],
    default: bool,
    lock_timeout: float,
    claim_after: float,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """Evaluate alerts and user events, and deliver what changed since the last run.

    To be run after each build. What receivers have been told is kept in the schema alerting of the
    database, so each change is told once, whenever this is run, and by however many at once.
    Exits with 1 where something could not be evaluated or delivered; that waits for the next run.
    """
    settings = read_config(config)
    target = load_target(target_name, profiles_dir, raw_schema)
    report = run_once(
        target,
        settings,
        chosen(names, default=default),
        Patience(lock=lock_timeout, claim=claim_after, wait=wait),
        dry_run=dry_run,
    )
    if as_json:
        click.echo(json.dumps(report.as_dict(), indent=2, ensure_ascii=False))
    else:
        for line in report.lines():
            click.echo(line)
    if not dry_run:
        click.echo(f"Delivered {report.delivered.arrived:,}.", err=True)
    for error in report.errors:
        click.echo(f"Error: {error}", err=True)
    for name, error in report.delivered.errors.items():
        click.echo(
            f"Error: {name} did not take a message: {error}. It is kept for the next run "
            "(see: query alerts outbox).",
            err=True,
        )
    if not report.is_well:
        sys.exit(EXIT_FAILED)


@click.command(epilog=epilog("query alerts watch --every 300"))
@option(
    "--every",
    default=60.0,
    show_default=True,
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    help="Look so often whether there is anything to do.",
)
@run_options
def watch(  # noqa: PLR0913 (one parameter for each option)
    *,
    every: float,
    config: Path,
    names: tuple[str, ...],
    default: bool,
    lock_timeout: float,
    claim_after: float,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """Do what query alerts run does, again and again.

    A DuckDB file is opened only where somebody has written to it since, or a message is due. What
    goes wrong is logged, and tried again. On SIGTERM it finishes what is at hand, and ends with 0.
    The log is JSON on standard error.
    """
    settings = read_config(config)
    target = load_target(target_name, profiles_dir, raw_schema)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Watch(
        target,
        settings,
        chosen(names, default=default),
        Patience(lock=lock_timeout, claim=claim_after, wait=0),
        Log(),
        stop,
    ).run(every)
