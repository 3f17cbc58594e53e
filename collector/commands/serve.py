"""``collector serve``: takes events over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click

from collector.commands.buffer import buffer_options, open_stream
from loader.commands.options import epilog, option, target_options, time_bounds
from loader.errors import LoaderError, UsageError
from loader.targets import load_target
from serving.commands.jwt import JwtOptions, jwt_options
from serving.commands.options import address_options, limit_option, variables

try:
    from collector.app import build_app
    from collector.settings import Settings
    from collector.writers import new_writer
    from serving.keys import Anyone, Tokens, WriteKeys
    from serving.logs import Log
    from serving.run import listen, run
except ModuleNotFoundError as missing:
    if (missing.name or "").startswith(("collector", "loader", "serving")):
        raise
    raise LoaderError(
        f"collector serve needs the package {missing.name}. "
        "Install what it needs with: pip install 'dbt-event-analytics[serve]'"
    ) from missing

_DEFAULTS = Settings()
_limit = partial(limit_option, _DEFAULTS)


def _seconds(name: str, text: str, most: float | None = None) -> Callable[[Any], Any]:
    """An option for a time of the settings."""
    return option(
        f"--{name.replace('_', '-')}",
        name,
        default=getattr(_DEFAULTS, name),
        show_default=True,
        type=click.FloatRange(min=0, max=most),
        metavar="SECONDS",
        help=text,
    )


@click.command(
    epilog=epilog(
        "collector serve --write-key 4f9c2d7e",
        "collector serve --target postgres --host 0.0.0.0 --port 8080",
        "curl -H 'Authorization: Bearer 4f9c2d7e' --data-binary @events.jsonl "
        "http://127.0.0.1:8000/v1/events",
    )
)
@address_options(8000)
@option(
    "--write-key",
    "write_keys",
    envvar=variables("SERVE_WRITE_KEY"),
    multiple=True,
    metavar="KEY",
    help="A key that clients may deliver with, in place of the tokens that collector token "
    "creates. May be given several times.",
)
@option(
    "--open",
    "anyone",
    is_flag=True,
    envvar=variables("SERVE_OPEN"),
    help="Take events from anybody, with any key or none.",
)
@jwt_options
@buffer_options(required=False)
@option(
    "--buffer-length",
    default=100_000,
    show_default=True,
    type=click.IntRange(min=1),
    metavar="REQUESTS",
    help="Most requests that wait in the stream.",
)
@_limit("max_body_bytes", "Largest body of a request as it is sent.", "BYTES")
@_limit("max_inflated_bytes", "Largest body once it is decompressed.", "BYTES")
@_limit("max_events", "Most events of a request.", "EVENTS")
@_limit("max_event_bytes", "Reject events whose text is longer.", "BYTES")
@option(
    "--requests-per-second",
    default=_DEFAULTS.requests_per_second,
    show_default=True,
    type=click.FloatRange(min=0),
    metavar="REQUESTS",
    help="Most requests of one key, on average; 0 for no limit.",
)
@_limit("queue_events", "Most events that wait for the database.", "EVENTS")
@_limit("buffer_bytes", "Most bytes of all requests at hand together.", "BYTES")
@_limit(
    "group_events", "Most events of one transaction, if they are of several requests.", "EVENTS"
)
@_seconds("body_timeout", "How long a body may take to arrive.")
@_seconds("commit_timeout", "How long a request waits for its commit.")
@_limit("retry_after", "What clients are told to wait when told to come later.", "SECONDS")
@_seconds("release_after", "Let a DuckDB file go after so long without events.")
@_seconds("lock_timeout", "How long to wait for a DuckDB file that another program holds.")
@time_bounds
@_seconds(
    "clock_tolerance",
    "Up to so much between sending and arrival is delay, and times stay as sent; beyond it the "
    "sender's clock is wrong, and they are corrected.",
    most=24 * 60 * 60,
)
@option(
    "--shutdown-timeout",
    default=30,
    show_default=True,
    type=click.IntRange(min=1),
    metavar="SECONDS",
    help="How long to finish what was taken, after SIGTERM.",
)
@option("--log-batches/--no-log-batches", default=True, help="Log a line for each request.")
@target_options
def serve(  # noqa: PLR0913 (one parameter for each option)
    *,
    host: str,
    port: int,
    write_keys: tuple[str, ...],
    anyone: bool,
    jwt: JwtOptions,
    buffer: str | None,
    buffer_stream: str,
    buffer_length: int,
    trust_buffer: bool,
    earliest: datetime,
    future_tolerance: float,
    shutdown_timeout: int,
    log_batches: bool,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
    **limits: Any,
) -> None:
    """Take events over HTTP and append them to raw.events.

    Speaks the protocols of Segment (and RudderStack) and of PostHog, so that their SDKs need
    another address and nothing else, and a native one: POST /v1/events takes an event, an array,
    or one event on each line, as loader append reads them. GET /openapi.json describes it.

    Clients deliver with a token that collector token has created, into the tables of the token's
    organisation, or with a JWT that says the same (--jwt-secret-file or --jwt-jwks). With
    --write-key or --open there are no tokens, and one set of tables.

    A request is answered with 200 after its events are committed. What breaks the contract goes
    to raw.rejected_events and stops no other event. When the database is down or too much comes
    at once, clients are told to come again (503, Retry-After), and nothing has to be restarted.

    With --buffer, requests are answered once a stream in Redis has them on disk, and collector
    drain appends them: bursts, and the time in which the database is down, are absorbed.

    On SIGTERM it stops accepting, finishes what it took, and ends with 0. /healthz and /readyz
    are for probes, /metrics is for Prometheus; the log is JSON on standard error.
    """
    settings = Settings(
        **limits,
        earliest=earliest.replace(tzinfo=UTC),
        future_tolerance=timedelta(hours=future_tolerance),
    )
    log = Log(batches=log_batches)
    tokens = _tokens(write_keys, anyone)
    signed = jwt.open(lambda problem: log.write("error", "keys not read", problem=problem))
    if tokens is not None and signed is not None:
        raise UsageError("--write-key and --open are in place of tokens, so leave out --jwt-….")
    if buffer:
        stream = open_stream(buffer, buffer_stream, trusted=trust_buffer, length=buffer_length)
        stream.check()
        from collector.writers.stream import StreamWriter  # noqa: PLC0415 (as above)

        buffered = StreamWriter(stream)
        app = build_app(
            settings, buffered, log, tokens=tokens, signed=signed, backlog=buffered.backlog
        )
    else:
        target = load_target(target_name, profiles_dir, raw_schema)
        writer = new_writer(
            target, lock_timeout=settings.lock_timeout, release_after=settings.release_after
        )
        app = build_app(settings, writer, log, tokens=tokens, signed=signed)
    run(app, listen(host, port), log, shutdown_timeout=shutdown_timeout)


def _tokens(write_keys: tuple[str, ...], anyone: bool) -> Tokens | None:
    """Who may deliver; None: who has a token that the database knows."""
    if anyone and write_keys:
        raise UsageError("--open takes any key, so leave out --write-key, or leave out --open.")
    if anyone:
        return Anyone("ingest")
    return WriteKeys(write_keys, "ingest") if write_keys else None
