"""What changed: the view metric_alerts against what receivers have been told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from loader.organisations import target_of
from query.alerts import outbox
from query.alerts.config import Config, Receiver
from query.alerts.database import Session, views_of
from query.alerts.messages import FIRING, REMINDER, RESOLVED, Message, body, message_id
from query.alerts.mutes import Mute, mutes

Key = tuple[str, str, str]

_GONE = "It is watched no longer: the alert is not defined any more, or nobody has the value."


@dataclass(frozen=True)
class Judged:
    """A row of metric_alerts; ``is_firing`` is None where it cannot be judged yet."""

    alert: str
    segment: str
    segment_value: str
    rule: str
    metric: str
    date: date | None
    value: float | None
    bound: float | None
    is_firing: bool | None
    severity: str
    description: str

    @property
    def key(self) -> Key:
        """What tells it from the other rows."""
        return (self.alert, self.segment, self.segment_value)


@dataclass(frozen=True)
class Known:
    """What receivers were told of an alert last: ``announced`` is whether it fires.

    ``changes`` counts how often that was, ``since`` is when.
    """

    alert: str
    segment: str
    segment_value: str
    announced: bool
    changes: int
    severity: str
    since: datetime
    acknowledged: bool = False

    @property
    def key(self) -> Key:
        """As Judged has it."""
        return (self.alert, self.segment, self.segment_value)


@dataclass(frozen=True)
class Change:
    """An alert that fires, or is over, of which receivers have not been told.

    ``judged`` is None where the view has no row of it any more.
    """

    known: Known
    judged: Judged | None
    firing_since: datetime


def read_alerts(session: Session, organisation: str) -> list[Judged]:
    """The rows of the view. Raises LoaderError where it is not built."""
    target = target_of(session.target, organisation or None)
    columns = ", ".join(f'"{column}"' for column in Judged.__dataclass_fields__)
    with views_of(target):
        rows = session.rows(
            f"select {columns} from {target.place(target.schema)}.metric_alerts order by 1, 2, 3"
        )
    return [Judged(*row) for row in rows]


def heard_of_late(row: Judged, today: date) -> Judged:
    """The row as the clock has it: where no events come any more, no date of the views passes.

    The latest event is of the day after ``row.date`` at the earliest, of which nobody knows whether
    it was whole; what lies between it and today was without any.
    """
    if row.rule != "missing" or row.date is None or row.bound is None:
        return row
    silent = float((today - row.date).days - 2)
    if silent < row.bound:
        return row
    return replace(row, is_firing=True, value=max(silent, row.value or 0.0))


def read_known(session: Session, organisation: str) -> dict[Key, Known]:
    """What receivers have been told of an organisation's alerts."""
    rows = session.rows(
        "select alert, segment, segment_value, announced, changes, severity, since, "
        "acknowledged_at is not null from {place}.alert_states where organisation = $1",
        organisation,
    )
    known = [Known(*row) for row in rows]
    return {state.key: state for state in known}


def changes(
    judged: Sequence[Judged], known: Mapping[Key, Known], muted: Sequence[Mute], now: datetime
) -> Iterator[Change]:
    """What to tell.

    An alert of which nothing has been said counts as one that does not fire; one that cannot be
    judged stays as it was, and so does one that is muted, which is told of afterwards if it then
    differs from what has been said.
    """
    present = {row.key: row for row in judged}
    for key in sorted({*present, *known}):
        row, state = present.get(key), known.get(key)
        is_firing = row.is_firing if row is not None else False
        was_firing = state.announced if state is not None else False
        if is_firing is None or is_firing == was_firing:
            continue
        if any(mute.covers(key[0], key[2]) for mute in muted):
            continue
        severity = row.severity if row is not None and is_firing else ""
        if state is not None and not is_firing:
            severity = state.severity  # who was told of a firing alert knows it by its severity
        told = Known(*key, is_firing, (state.changes if state else 0) + 1, severity, now)
        yield Change(told, row, now if is_firing or state is None else state.since)


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation has put into the outbox, and what fires as it has been said to before."""

    messages: list[Message]
    still: list[tuple[Judged, Known]]


def evaluate(session: Session, config: Config, organisation: str, now: datetime) -> Evaluated:
    """Put what changed into the outbox, with reminders that are due.

    ``organisation`` is '' for the default schemas.
    """
    judged = [
        heard_of_late(row, now.astimezone(config.clock).date()) if config.clock else row
        for row in read_alerts(session, organisation)
    ]
    known = read_known(session, organisation)
    muted = [mute for mute in mutes(session, now) if mute.organisation == organisation]
    found = list(changes(judged, known, muted, now))
    messages = [
        _message(organisation, receiver, change, now)
        for change in found
        for receiver in config.receivers
        if receiver.wants_alert(organisation, change.known.alert, change.known.severity)
    ]
    for change in found:
        _keep(session, organisation, change.known)
    told = {change.known.key for change in found}
    still = [
        (row, known[row.key])
        for row in judged
        if row.is_firing and row.key in known and row.key not in told and known[row.key].announced
    ]
    unheeded = [
        (row, state)
        for row, state in still
        if not state.acknowledged
        and not any(mute.covers(row.alert, row.segment_value) for mute in muted)
    ]
    messages += _reminders(session, config, organisation, unheeded, now)
    outbox.put(session, messages, now)
    return Evaluated(messages, still)


def data_of(organisation: str, judged: Judged | None, known: Known, since: datetime) -> Any:
    """What a message says of an alert."""
    row = judged
    return {
        "organisation": organisation or None,
        "alert": known.alert,
        "state": "firing" if known.announced else "resolved",
        "severity": known.severity,
        "segment": known.segment,
        "segment_value": known.segment_value,
        "rule": row.rule if row else None,
        "metric": row.metric if row else None,
        "date": row.date if row else None,
        "value": row.value if row else None,
        "bound": row.bound if row else None,
        "description": row.description if row else "",
        "reason": None if row else _GONE,
        "since": since,
    }


def _message(organisation: str, receiver: Receiver, change: Change, now: datetime) -> Message:
    known = change.known
    kind = FIRING if known.announced else RESOLVED
    judged_on = change.judged.date if change.judged else None
    return _about(
        message_id(kind, organisation, *known.key, known.changes, judged_on),
        organisation,
        receiver,
        known,
        body(kind, now, data_of(organisation, change.judged, known, change.firing_since)),
    )


def _about(name: str, organisation: str, receiver: Receiver, known: Known, content: str) -> Message:
    subject = json.dumps(["alert", *known.key], ensure_ascii=False)
    return Message(
        *(name, receiver.name, organisation, known.alert, known.segment_value, subject),
        *(known.changes, None, content),
    )


def _reminders(
    session: Session,
    config: Config,
    organisation: str,
    still: Sequence[tuple[Judged, Known]],
    now: datetime,
) -> Iterator[Message]:
    """Reminders of alerts that fire, for receivers that have not heard of them for so long."""
    receivers = [receiver for receiver in config.receivers if receiver.remind_hours is not None]
    if not still or not receivers:
        return
    heard = {
        (receiver, subject): latest
        for receiver, subject, latest in session.rows(
            "select receiver, subject, max(created_at) from {place}.outbox "
            "where organisation = $1 group by receiver, subject",
            organisation,
        )
    }
    for row, known in still:
        for receiver in receivers:
            if not receiver.wants_alert(organisation, known.alert, known.severity):
                continue
            content = body(REMINDER, now, data_of(organisation, row, known, known.since))
            name = message_id(REMINDER, organisation, *known.key, known.changes, now.isoformat())
            message = _about(name, organisation, receiver, known, content)
            latest = heard.get((receiver.name, message.subject))
            if latest is None or now - latest >= timedelta(hours=receiver.remind_hours or 0):
                yield message


def _keep(session: Session, organisation: str, known: Known) -> None:
    session.rows(
        """
        insert into {place}.alert_states
        (organisation, alert, segment, segment_value, announced, changes, severity, since)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (organisation, alert, segment, segment_value) do update set
            announced = excluded.announced,
            changes = excluded.changes,
            severity = excluded.severity,
            since = excluded.since,
            acknowledged_at = null,
            acknowledged_by = null,
            note = null
        """,
        organisation,
        *astuple(known)[:-1],
    )
