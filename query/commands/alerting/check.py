"""``query alerts init``, ``test`` and ``secret``: what it takes before anything is told."""

from __future__ import annotations

import base64
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from loader.commands.options import epilog, option, target_options
from loader.errors import EXIT_FAILED
from loader.targets import load_target
from query.alerts.config import read_config
from query.alerts.database import SCHEMA, alerting
from query.alerts.deliver import Patience, open_senders
from query.alerts.messages import TEST, Message, body
from query.commands.alerting.options import config_option

_SECRET_BYTES = 32


@click.command(epilog=epilog("query alerts init", "query alerts init --role event_alerts"))
@option("--role", envvar="QUERY_ALERTS_ROLE", help="PostgreSQL role that may then run alerts.")
@target_options
def init(
    *, role: str | None, target_name: str | None, profiles_dir: Path | None, raw_schema: str
) -> None:
    """Create the schema alerting, which holds what receivers were told, and the outbox.

    Every other command creates it too, where it may. The role needs to read the views as well.
    """
    target = load_target(target_name, profiles_dir, raw_schema)
    with alerting(target, "creating tables", wait_seconds=Patience().lock) as session:
        if role is not None:
            session.grant(role)
    click.echo(f"The schema {SCHEMA} is there in {target.label}.", err=True)


@click.command(epilog=epilog("query alerts test", "query alerts test team_chat"))
@click.argument("receivers", nargs=-1)
@config_option
def test(*, receivers: tuple[str, ...], config: Path) -> None:
    """Send a test message to RECEIVERS, or to all of them, and say what became of it.

    Needs no database. Alertmanager gets an alert of one minute.
    """
    found = read_config(config).named(receivers)
    now = datetime.now(UTC)
    name = f"test_{secrets.token_hex(16)}"
    data = {"organisation": None, "alert": "EventAnalyticsTest", "severity": "info"}
    failed = False
    with open_senders(found) as senders:
        for receiver in found:
            message = Message(
                *(name, receiver.name, "", "test", None, "test", 0, None),
                body(TEST, now, data),
            )
            outcome = senders[receiver.name].send(message)
            failed = failed or outcome.error is not None
            click.echo(f"{receiver.name} ({receiver.kind}): {outcome.error or 'delivered'}")
    if failed:
        sys.exit(EXIT_FAILED)


@click.command(epilog=epilog("query alerts secret"))
def secret() -> None:
    """Print a new secret for a webhook, as alerting.yml and the receiver need it."""
    text = base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    click.echo(f"whsec_{text}")
