"""``query alerts mute``, ``unmute`` and ``acknowledge``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from loader.commands.options import epilog, option, target_options
from loader.errors import UsageError
from query.alerts import mutes
from query.alerts.database import alerting
from query.alerts.deliver import Patience
from query.alerts.messages import instant
from query.commands.alerting.options import one_target, organisation_option, who

_LOCK = Patience().lock
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Duration(click.ParamType[timedelta]):
    """A number of minutes, hours or days: 30m, 8h, 3d."""

    name = "duration"

    def convert(
        self,
        value: str | timedelta,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> timedelta:
        """Parse the option's text; a usage error says what is expected."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"(\d{1,5})([mhd])", value)
        if found is None or int(found[1]) == 0:
            self.fail(f"{value!r} is no duration. Write 30m, 8h or 3d.", param, ctx)
        return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _about(segment_value: str | None) -> str:
    return "" if segment_value is None else f" of {segment_value!r}"


@click.command(
    epilog=epilog(
        "query alerts mute unusual_dau --for 8h --reason 'the site moves'",
        "query alerts mute --all --for 2d",
    )
)
@click.argument("name", required=False)
@option("--all", "everything", is_flag=True, help="Everything, in place of one name.")
@option("--segment-value", metavar="VALUE", help="Only for this value of the alert's segment.")
@option(
    "--for",
    "duration",
    type=Duration(),
    required=True,
    metavar="TIME",
    help="For so long: 30m, 8h, 3d.",
)
@option("--reason", metavar="TEXT", help="Why, for others.")
@organisation_option
@target_options
def mute(  # noqa: PLR0913 (one parameter for each option)
    *,
    name: str | None,
    everything: bool,
    segment_value: str | None,
    duration: timedelta,
    reason: str | None,
    org: str | None,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """Tell nobody of NAME, an alert or a user event, for a while.

    What fires and is over meanwhile is never told. What still fires at the end is told then, and
    messages that had not been delivered yet are.
    """
    if (name is None) != everything:
        raise UsageError("Name an alert or a user event, or give --all.")
    target, organisation = one_target(target_name, profiles_dir, raw_schema, org)
    now = datetime.now(UTC)
    with alerting(target, "muting", wait_seconds=_LOCK) as session:
        made = mutes.mute(
            session,
            organisation,
            name,
            segment_value,
            now=now,
            until=now + duration,
            by=who(),
            reason=reason,
        )
    click.echo(
        f"Muted {name or 'everything'}{_about(segment_value)} until {instant(made.until)}. "
        f"End it with: query alerts unmute {made.mute_id}",
        err=True,
    )


@click.command(epilog=epilog("query alerts unmute 3f9a1c0b"))
@click.argument("mute_id")
@target_options
def unmute(
    *, mute_id: str, target_name: str | None, profiles_dir: Path | None, raw_schema: str
) -> None:
    """End the mute MUTE_ID (see query alerts list) before its time."""
    target, _ = one_target(target_name, profiles_dir, raw_schema, None)
    with alerting(target, "ending a mute", wait_seconds=_LOCK) as session:
        ended = mutes.unmute(session, mute_id, datetime.now(UTC))
    click.echo(f"{ended.name or 'Everything'} is told again from the next run on.", err=True)


@click.command(epilog=epilog("query alerts acknowledge no_activity --note 'calling the hoster'"))
@click.argument("alert")
@option("--segment-value", metavar="VALUE", help="Only for this value of the alert's segment.")
@option("--note", metavar="TEXT", help="What is being done, for others.")
@organisation_option
@target_options
def acknowledge(  # noqa: PLR0913 (one parameter for each option)
    *,
    alert: str,
    segment_value: str | None,
    note: str | None,
    org: str | None,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """Say that somebody has taken up ALERT, which fires: nobody is reminded of it any more.

    Its end is told as ever, and so is the next time that it fires.
    """
    target, organisation = one_target(target_name, profiles_dir, raw_schema, org)
    with alerting(target, "acknowledging an alert", wait_seconds=_LOCK) as session:
        values = mutes.acknowledge(
            session,
            organisation,
            alert,
            segment_value,
            now=datetime.now(UTC),
            by=who(),
            note=note,
        )
    of = ", ".join(value for value in values if value)
    click.echo(f"Acknowledged {alert}{f' of {of}' if of else ''} as {who()}.", err=True)
