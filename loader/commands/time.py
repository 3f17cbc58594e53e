"""A time as an option's value."""

from __future__ import annotations

from datetime import UTC, datetime

import click


class Time(click.ParamType[datetime]):
    """A date or a time in ISO 8601; without an offset it is UTC."""

    name = "time"

    def convert(
        self,
        value: str | datetime,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> datetime:
        """Parse the option's text; a usage error says what is expected."""
        try:
            time = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is no time. Write 2026-03-01 or 2026-03-01T08:30:00Z.", param, ctx
            )
        return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
