"""The outbox: what is to be delivered, is being delivered, or was."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any

from query.alerts.database import Session
from query.alerts.messages import Message

#: Seconds after each attempt that failed until the next one, as Standard Webhooks recommends; after
#: the last one a message is given up.
RETRY_SECONDS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
KEPT_DAYS = 90

_COLUMNS = (
    "message_id, receiver, organisation, name, segment_value, subject, sequence, user_hash, body"
)
_OPEN = "delivered_at is null and failed_at is null"
# Not those whose subject or user event is muted.
_HEARD = """
not exists (
    select 1 from {place}.mutes
    where
        mutes.ended_at is null
        and mutes.until > $1
        and mutes.organisation = waiting.organisation
        and (mutes.name is null or mutes.name = waiting.name)
        and (mutes.segment_value is null or mutes.segment_value = waiting.segment_value)
)
"""
# Of one subject the first one alone, so that nobody hears that it is over before that it fires.
_DUE = f"""
with waiting as (
    select
        outbox.*,
        greatest(
            outbox.next_attempt_at, coalesce(pauses.paused_until, outbox.next_attempt_at)
        ) as due_at,
        row_number() over (
            partition by outbox.receiver, outbox.organisation, outbox.subject
            order by outbox.sequence, outbox.created_at, outbox.message_id
        ) as place_in_row
    from {{place}}.outbox as outbox
    left join {{place}}.pauses as pauses
        on outbox.receiver = pauses.receiver
    where {_OPEN} and outbox.receiver in (select unnest($2::text[]))
)

select {{columns}}
from waiting
where
    place_in_row = 1
    and (claimed_until is null or claimed_until <= $1)
    and due_at <= $3
    and {_HEARD}
order by due_at, created_at, message_id
"""


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt.

    ``error`` is None after a success. ``retry_after`` are seconds for which the receiver wants to
    be left alone. ``is_down``: whatever else is for this receiver would fail, too. ``is_final``:
    it wants no more of it.
    """

    error: str | None = None
    retry_after: float = 0.0
    is_down: bool = False
    is_final: bool = False


DELIVERED = Outcome()


def put(session: Session, messages: Sequence[Message], now: datetime) -> int:
    """Put messages into it that are not there yet; how many."""
    if not messages:
        return 0
    columns: list[list[Any]] = [
        list(column) for column in zip(*map(astuple, messages), strict=True)
    ]
    types = ("text",) * 6 + ("bigint",) + ("text",) * 2
    values = ", ".join(f"unnest(${number}::{kind}[])" for number, kind in enumerate(types, start=2))
    inserted = session.rows(
        f"""
        insert into {{place}}.outbox ({_COLUMNS}, created_at, next_attempt_at, attempts)
        select {values}, $1::timestamptz, $1::timestamptz, 0
        on conflict do nothing
        returning 1
        """,
        now,
        *columns,
    )
    return len(inserted)


def claim(  # noqa: PLR0913 (who, for whom, how many, and until when)
    session: Session,
    receivers: Collection[str],
    now: datetime,
    *,
    by: str,
    until: datetime,
    limit: int,
) -> list[Message]:
    """Take what is due for these receivers, which nobody else then takes before ``until``."""
    due = _DUE.replace("{columns}", _COLUMNS) + f"limit {limit}"
    messages = [Message(*row) for row in session.rows(due, now, list(receivers), now)]
    session.rows(
        """
        update {place}.outbox set claimed_until = $1, claimed_by = $2
        where
            (message_id, receiver)
            in (select unnest($3::text[]), unnest($4::text[]))
        """,
        until,
        by,
        [message.message_id for message in messages],
        [message.receiver for message in messages],
    )
    return messages


def record(
    session: Session,
    outcomes: Sequence[tuple[Message, Outcome | None]],
    now: datetime,
    *,
    by: str,
) -> None:
    """Note what became of what ``by`` had claimed; None for what was not tried."""
    for message, outcome in outcomes:
        which = (message.message_id, message.receiver)
        if outcome is None:
            session.rows(
                "update {place}.outbox set claimed_until = null, claimed_by = null "
                "where message_id = $1 and receiver = $2 and claimed_by = $3",
                *which,
                by,
            )
        elif outcome.error is None:
            # whoever sent it, it has arrived; the user that it is about need not stay here
            session.rows(
                "update {place}.outbox set delivered_at = $3, attempts = attempts + 1, "
                "claimed_until = null, claimed_by = null, last_error = null, "
                "body = case when user_hash is null then body else '' end "
                "where message_id = $1 and receiver = $2",
                *which,
                now,
            )
        else:
            _fail(session, message, outcome, now, by)


def _fail(session: Session, message: Message, outcome: Outcome, now: datetime, by: str) -> None:
    """Note a failure, and when to try again, if at all; whatever else is for it waits, too."""
    which = (message.message_id, message.receiver, by)
    found = session.rows(
        "select attempts from {place}.outbox "
        "where message_id = $1 and receiver = $2 and claimed_by = $3",
        *which,
    )
    if not found:  # it took so long that another run has it now
        return
    attempts = int(found[0][0]) + 1
    if outcome.is_final or attempts > len(RETRY_SECONDS):
        failed_at, next_at = now, now
    else:
        pause = max(RETRY_SECONDS[attempts - 1], outcome.retry_after)
        # not all at once, where many wait for the same receiver
        failed_at, next_at = None, now + timedelta(seconds=pause * random.uniform(1, 1.1))  # noqa: S311
    session.rows(
        "update {place}.outbox set attempts = $4, last_error = $5, next_attempt_at = $6, "
        "failed_at = $7, claimed_until = null, claimed_by = null "
        "where message_id = $1 and receiver = $2 and claimed_by = $3",
        *which,
        attempts,
        outcome.error,
        next_at,
        failed_at,
    )
    if outcome.is_down:
        # shorter than the message itself, of which there may be thousands
        pause = max(RETRY_SECONDS[min(attempts, 2) - 1], outcome.retry_after)
        session.rows(
            "insert into {place}.pauses (receiver, paused_until) values ($1, $2) "
            "on conflict (receiver) do update set paused_until = excluded.paused_until",
            message.receiver,
            now + timedelta(seconds=pause),
        )


def next_due(session: Session, receivers: Collection[str], now: datetime) -> datetime | None:
    """When something is due next for these receivers that nobody has claimed."""
    far = now + timedelta(days=365)
    query = _DUE.replace("{columns}", "due_at") + "limit 1"
    found = session.rows(query, now, list(receivers), far)
    return found[0][0] if found else None


def tidy(session: Session, now: datetime) -> None:
    """Forget what was delivered or given up long ago."""
    session.rows(
        "delete from {place}.outbox where coalesce(delivered_at, failed_at) < $1",
        now - timedelta(days=KEPT_DAYS),
    )


def retry(session: Session, now: datetime) -> int:
    """Try again what was given up, and at once what waits; how many."""
    session.rows("delete from {place}.pauses")
    changed = session.rows(
        "update {place}.outbox set failed_at = null, next_attempt_at = $1, attempts = 0 "
        "where delivered_at is null and body <> '' returning 1",
        now,
    )
    return len(changed)


@dataclass(frozen=True)
class Entry:
    """A line of the outbox, for people."""

    message_id: str
    receiver: str
    organisation: str
    name: str
    segment_value: str | None
    created_at: datetime
    next_attempt_at: datetime
    attempts: int
    delivered_at: datetime | None
    failed_at: datetime | None
    last_error: str | None

    @property
    def state(self) -> str:
        """delivered, failed or waiting."""
        if self.delivered_at is not None:
            return "delivered"
        return "failed" if self.failed_at is not None else "waiting"


def entries(session: Session, limit: int | None = None) -> list[Entry]:
    """The newest lines, or all of them, the newest first."""
    columns = ", ".join(Entry.__dataclass_fields__)
    query = f"select {columns} from {{place}}.outbox order by created_at desc, message_id, receiver"
    if limit is not None:
        query += f" limit {limit}"
    return [Entry(*row) for row in session.rows(query)]
