"""``collector drain``: appends what collectors left in a stream in Redis."""

from __future__ import annotations

import signal
from pathlib import Path

import click

from collector.commands.buffer import buffer_options, open_stream
from collector.settings import Settings
from collector.writers import new_writer
from loader.commands.options import epilog, option, target_options
from loader.targets import load_target
from serving.logs import Log

_DEFAULTS = Settings()


@click.command(
    epilog=epilog(
        "collector serve --buffer redis://localhost:6379/0",
        "collector drain --buffer redis://localhost:6379/0 --target postgres",
    )
)
@buffer_options(required=True)
@option(
    "--claim-after",
    default=30.0,
    show_default=True,
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    help="Take over what another drain has had for so long; longer than any commit takes.",
)
@option(
    "--group-events",
    default=_DEFAULTS.group_events,
    show_default=True,
    type=click.IntRange(min=1),
    metavar="EVENTS",
    help="About so many events share a transaction.",
)
@option("--log-batches/--no-log-batches", default=True, help="Log a line for each transaction.")
@target_options
def drain(  # noqa: PLR0913 (one parameter for each option)
    *,
    buffer: str,
    buffer_stream: str,
    trust_buffer: bool,
    claim_after: float,
    group_events: int,
    log_batches: bool,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """Append what collectors left in a stream in Redis.

    Belongs to collector serve --buffer. An entry is deleted from the stream after its events are
    committed, so whatever ends a drain, nothing is lost, and nothing is appended twice. Several
    may run at once. While the database or Redis is down, it waits and tries again.

    On SIGTERM it finishes what is at hand, and ends with 0. The log is JSON on standard error.
    """
    log = Log(batches=log_batches)
    target = load_target(target_name, profiles_dir, raw_schema)
    writer = new_writer(
        target, lock_timeout=_DEFAULTS.lock_timeout, release_after=_DEFAULTS.release_after
    )
    stream = open_stream(buffer, buffer_stream, trusted=trust_buffer)
    stream.check()
    from collector.draining import Drain  # noqa: PLC0415 (needs the package redis)

    draining = Drain(stream, writer, log, group_events=group_events, claim_after=claim_after)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: draining.stop())
    draining.run()
    log.write("info", "stopped")
