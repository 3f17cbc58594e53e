"""The options of ``loader append`` that say what may be appended, and how it is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

import click

from loader.append import AppendOptions
from loader.commands.options import Command, json_option, option, time_bounds
from loader.contract import DEFAULT_MAX_BYTES
from loader.limits import MaxRejected


class _Limit(click.ParamType[MaxRejected]):
    """A number of rows, or a share of them in per cent."""

    name = "limit"

    def convert(
        self,
        value: str | MaxRejected,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> MaxRejected:
        """Parse the option's text; a usage error says what is expected."""
        try:
            return value if isinstance(value, MaxRejected) else MaxRejected.of(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


_OPTIONS = (
    option(
        "--dry-run",
        is_flag=True,
        help="Write nothing: show the first events as they would be stored, where their fields "
        "come from, and what would become of all rows.",
    ),
    option(
        "--strict", is_flag=True, help="Append nothing at all if any row is rejected or conflicts."
    ),
    option(
        "--max-rejected",
        type=_Limit(),
        metavar="ROWS|SHARE%",
        help="Append nothing of a file of which more rows than this are rejected or conflict, "
        "such as 100 or 1%; else any number may be.",
    ),
    json_option("LOADER_APPEND_JSON"),
    time_bounds,
    option(
        "--max-event-bytes",
        default=DEFAULT_MAX_BYTES,
        show_default=True,
        type=click.IntRange(min=1, max=64 << 20),
        metavar="BYTES",
        help="Reject events whose text is longer.",
    ),
    option(
        "--lock-timeout",
        default=10.0,
        show_default=True,
        type=click.FloatRange(min=0),
        metavar="SECONDS",
        help="How long to wait for a DuckDB file that another program holds.",
    ),
)


def append_options(command: Command) -> Command:
    """Add them. The command receives ``options``: all but how fields are found, and ``as_json``."""

    @wraps(command)
    def gathered(  # noqa: PLR0913 (one parameter for each option)
        *,
        dry_run: bool,
        strict: bool,
        max_rejected: MaxRejected | None,
        earliest: datetime,
        future_tolerance: float,
        max_event_bytes: int,
        lock_timeout: float,
        **others: Any,
    ) -> Any:
        options = AppendOptions(
            dry_run=dry_run,
            strict=strict,
            max_rejected=max_rejected,
            earliest=earliest.replace(tzinfo=UTC),
            future_tolerance=timedelta(hours=future_tolerance),
            max_event_bytes=max_event_bytes,
            lock_timeout=lock_timeout,
        )
        return command(options=options, **others)

    decorated: Callable[..., Any] = gathered
    for decorate in reversed(_OPTIONS):
        decorated = decorate(decorated)
    return decorated  # type: ignore[return-value]
