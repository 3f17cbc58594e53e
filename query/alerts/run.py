"""One run: look what changed, put it into the outbox, deliver what is there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from loader.errors import LoaderError
from loader.organisations import read_organisations
from loader.targets import Target
from query.alerts.config import DEFAULT_ORGANISATION, Config
from query.alerts.database import Session, alerting
from query.alerts.deliver import Delivered, Patience, deliver, open_senders
from query.alerts.evaluate import Evaluated, data_of, evaluate
from query.alerts.messages import FIRING, Message, body, title
from query.alerts.people import watch_users
from query.alerts.receivers.alertmanager import AlertmanagerSender

_SCHEMAS = """
select table_schema from information_schema.tables
where table_catalog = current_database() and table_name = 'metric_alerts'
"""


@dataclass
class Report:
    """What a run has found and done; with ``dry_run`` only found."""

    dry_run: bool
    messages: list[Message] = field(default_factory=list)
    evaluated: dict[str, Evaluated] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    delivered: Delivered = field(default_factory=Delivered)

    @property
    def is_well(self) -> bool:
        """Whether all was evaluated, and all delivered that was tried."""
        return not self.errors and not self.delivered.errors

    def as_dict(self) -> dict[str, Any]:
        """For JSON: without what messages say, as that may be about a user."""
        return {
            "dry_run": self.dry_run,
            "organisations": [name or DEFAULT_ORGANISATION for name in self.evaluated],
            "messages": [
                {
                    "message_id": message.message_id,
                    "receiver": message.receiver,
                    "type": message.content["type"],
                    "organisation": message.organisation or None,
                    "name": message.name,
                    "segment_value": message.segment_value,
                }
                for message in self.messages
            ],
            "delivered": self.delivered.arrived,
            "undelivered": self.delivered.errors,
            "errors": self.errors,
        }

    def lines(self) -> list[str]:
        """For people; of users it says how many, as this may end in a log."""
        said = "Would tell" if self.dry_run else "Tells"
        found = [
            f"{said} {message.receiver}: {title(message.content)}"
            for message in self.messages
            if message.user_hash is None
        ]
        users = Counter(
            (message.receiver, message.name) for message in self.messages if message.user_hash
        )
        found += [
            f"{said} {receiver}: {name}, {number:,} user{'s' if number > 1 else ''}"
            for (receiver, name), number in sorted(users.items())
        ]
        return found or ["Nothing has changed."]


def run(  # noqa: PLR0913 (where, what, and how)
    target: Target,
    config: Config,
    organisations: Sequence[str],
    patience: Patience,
    *,
    dry_run: bool = False,
    stopped: Callable[[], bool] = lambda: False,
) -> Report:
    """Evaluate for each organisation ('' for the default schemas; none: all), then deliver.

    What is wrong with one organisation keeps none of the others from being told, and is among the
    report's errors. Raises LoaderError where the database cannot be used for delivering.
    """
    report = Report(dry_run)
    with open_senders(config.receivers) as senders:
        for organisation in organisations or all_organisations(target, patience):
            _evaluate(target, config, organisation, patience, report)
        if dry_run:
            return report
        report.delivered = deliver(target, senders, patience, stopped)
        for name, sender in senders.items():
            if isinstance(sender, AlertmanagerSender):
                _repeat(config, name, sender, report)
    return report


def all_organisations(target: Target, patience: Patience) -> list[str]:
    """The default schemas, and all organisations whose views are built."""
    with alerting(target, "looking for views", wait_seconds=patience.lock) as session:
        found = read_organisations(target.schema, session.rows, _SCHEMAS)
        is_default = (target.schema,) in session.rows(_SCHEMAS)
    # where there is nothing, that is what is said of the default ones
    return [*([""] if is_default or not found else []), *found]


def _evaluate(
    target: Target, config: Config, organisation: str, patience: Patience, report: Report
) -> None:
    """Evaluate for one organisation: alerts, and then each user event, in a transaction each.

    So a funnel that is gone does not keep anybody from hearing of alerts.
    """

    def in_transaction(work: Callable[[Session, datetime], list[Message]]) -> None:
        try:
            with alerting(
                target, "evaluating alerts", wait_seconds=patience.lock, dry_run=report.dry_run
            ) as session:
                messages = work(session, datetime.now(UTC))
        except LoaderError as error:
            report.errors.append(error.message)
        else:
            report.messages += messages  # not before they are committed

    def of_alerts(session: Session, now: datetime) -> list[Message]:
        report.evaluated[organisation] = evaluate(session, config, organisation, now)
        return report.evaluated[organisation].messages

    in_transaction(of_alerts)
    for event in config.user_events:
        if any(each.wants_user_event(organisation, event.name) for each in config.receivers):
            in_transaction(partial(watch_users, config, event, organisation))


def _repeat(config: Config, name: str, sender: AlertmanagerSender, report: Report) -> None:
    """Tell Alertmanager of what it has been told and fires still, since it forgets."""
    [receiver] = config.named([name])
    now = datetime.now(UTC)
    contents = [
        json.loads(body(FIRING, now, data_of(organisation, row, known, known.since)))
        for organisation, evaluated in report.evaluated.items()
        for row, known in evaluated.still
        if receiver.wants_alert(organisation, known.alert, known.severity)
    ]
    if contents and name not in report.delivered.errors:
        outcome = sender.repeat(contents)
        if outcome.error is not None:
            report.delivered.errors[name] = outcome.error
