"""``query alerts list`` and ``outbox``: what is known, and what was said."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from loader.commands.options import epilog, json_option, option, target_options
from query.alerts import outbox as outbox_of
from query.alerts.database import alerting
from query.alerts.deliver import Patience
from query.alerts.evaluate import Key, read_alerts
from query.alerts.messages import instant, number
from query.alerts.mutes import mutes
from query.commands.alerting.options import one_target, organisation_option

_LOCK = Patience().lock
_STATES = """
select alert, segment, segment_value, announced, since, acknowledged_by, note
from {place}.alert_states where organisation = $1
"""


@click.command(name="list", epilog=epilog("query alerts list", "query alerts list --firing --json"))
@option("--firing", is_flag=True, envvar="QUERY_ALERTS_FIRING", help="Only those that fire.")
@json_option("QUERY_ALERTS_JSON")
@organisation_option
@target_options
def list_(  # noqa: PLR0913 (one parameter for each option)
    *,
    firing: bool,
    as_json: bool,
    org: str | None,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """List alerts as the views judge them now, what receivers were told, and who has muted what."""
    target, organisation = one_target(target_name, profiles_dir, raw_schema, org)
    with alerting(target, "listing alerts", wait_seconds=_LOCK) as session:
        told: dict[Key, tuple[Any, ...]] = {
            (row[0], row[1], row[2]): row[3:] for row in session.rows(_STATES, organisation)
        }
        rows = [row for row in read_alerts(session, organisation) if row.is_firing or not firing]
        muted = [m for m in mutes(session, datetime.now(UTC)) if m.organisation == organisation]
    alerts = []
    for row in rows:
        announced, since, acknowledged_by, note = told.get(row.key, (False, None, None, None))
        alerts.append(
            {
                **{name: getattr(row, name) for name in row.__dataclass_fields__},
                "date": row.date.isoformat() if row.date else None,
                "told_firing": announced,
                "since": instant(since) if announced else None,
                "acknowledged_by": acknowledged_by,
                "note": note,
                "muted": any(mute.covers(row.alert, row.segment_value) for mute in muted),
            }
        )
    said = [
        {
            "mute_id": mute.mute_id,
            "name": mute.name,
            "segment_value": mute.segment_value,
            "until": instant(mute.until),
            "by": mute.created_by,
            "reason": mute.reason,
        }
        for mute in muted
    ]
    if as_json:
        click.echo(json.dumps({"alerts": alerts, "mutes": said}, indent=2, ensure_ascii=False))
        return
    for alert in alerts:
        click.echo(_line(alert))
    for known in said:
        click.echo(
            f"mute {known['mute_id']}: {known['name'] or 'everything'}"
            + (f" of {known['segment_value']}" if known["segment_value"] is not None else "")
            + f" until {known['until']}, by {known['by']}"
            + (f": {known['reason']}" if known["reason"] else "")
        )
    if not alerts:
        click.echo("No alert fires." if firing else "There are no alerts.", err=True)


def _line(alert: dict[str, Any]) -> str:
    state = {True: "firing", False: "well", None: "unknown"}[alert["is_firing"]]
    about = f"{alert['alert']}" + (f" [{alert['segment_value']}]" if alert["segment"] else "")
    line = (
        f"{state:<8} {alert['severity']:<9} {about:<30} {alert['metric']} "
        f"{number(alert['value'])} (bound {number(alert['bound'])}) on {alert['date']}"
    )
    if alert["since"]:
        line += f", told since {alert['since']}"
    if alert["acknowledged_by"]:
        line += f", acknowledged by {alert['acknowledged_by']}"
    return line + (", muted" if alert["muted"] else "")


@click.command(epilog=epilog("query alerts outbox", "query alerts outbox --retry"))
@option(
    "--limit",
    default=20,
    show_default=True,
    type=click.IntRange(min=1),
    envvar="QUERY_ALERTS_LIMIT",
    help="The newest messages.",
)
@option("--retry", is_flag=True, help="Try again what waits or was given up, at the next run.")
@json_option("QUERY_ALERTS_JSON")
@target_options
def outbox(  # noqa: PLR0913 (one parameter for each option)
    *,
    limit: int,
    retry: bool,
    as_json: bool,
    target_name: str | None,
    profiles_dir: Path | None,
    raw_schema: str,
) -> None:
    """List the newest messages: delivered, waiting for another attempt, or failed for good.

    What a message says is not shown, as it may be about a user.
    """
    target, _ = one_target(target_name, profiles_dir, raw_schema, None)
    with alerting(target, "reading the outbox", wait_seconds=_LOCK) as session:
        again = outbox_of.retry(session, datetime.now(UTC)) if retry else 0
        found = outbox_of.entries(session, limit)
    if as_json:
        lines = [
            {
                **{
                    name: instant(value) if isinstance(value, datetime) else value
                    for name, value in vars(entry).items()
                },
                "state": entry.state,
            }
            for entry in found
        ]
        click.echo(json.dumps(lines, indent=2, ensure_ascii=False))
    else:
        for entry in found:
            failure = f"  {entry.attempts} attempts, {entry.last_error}" if entry.last_error else ""
            due = f", next {instant(entry.next_attempt_at)}" if entry.state == "waiting" else ""
            click.echo(
                f"{entry.state:<9} {entry.receiver:<16} {entry.name:<24} "
                f"{instant(entry.created_at)}{due}{failure}"
            )
    if retry:
        click.echo(f"{again:,} will be tried again by the next run.", err=True)
