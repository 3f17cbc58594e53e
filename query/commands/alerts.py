"""``query alerts``: tells people and programs what changed, once."""

from __future__ import annotations

import click

from loader.commands.options import epilog
from query.commands.alerting.check import init, secret, test
from query.commands.alerting.forecast import forecast
from query.commands.alerting.run import run, watch
from query.commands.alerting.show import list_, outbox
from query.commands.alerting.silence import acknowledge, mute, unmute


@click.group(
    epilog=epilog(
        "query alerts test",
        "loader build && query alerts run",
        "query alerts acknowledge no_activity",
    )
)
def alerts() -> None:
    """Tell people and programs what changed: alerts that fire or are over, and users.

    Which alerts there are says seeds/alerts.csv, and the view metric_alerts which of them fire. Who
    shall hear of what is in alerting.yml: signed webhooks, Alertmanager, and the chats and mail
    services that apprise knows.
    """


for _command in (
    run,
    watch,
    forecast,
    list_,
    acknowledge,
    mute,
    unmute,
    outbox,
    test,
    secret,
    init,
):
    alerts.add_command(_command)
