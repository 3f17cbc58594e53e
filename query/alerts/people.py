"""What became of users: who reached a step of a funnel, or came into a status of churn.

The database compares the views with what was told before, so that only users of whom there is
something to tell come here. What was told is kept as hashes of their ids.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from loader.errors import LoaderError
from loader.organisations import target_of
from loader.targets import Target
from query.alerts import outbox
from query.alerts.config import Config, UserEvent
from query.alerts.database import Session, views_of
from query.alerts.messages import CHURN_STATUS, STEP_REACHED, Message, body, message_id

# Who is there, in the words that both kinds share; $1 is the salt.
_REACHED = """
select
    md5($1 || ' ' || user_id) as user_hash,
    user_id,
    cast(null as date) as last_active_date,
    cast(null as date) as as_of_date,
    reached_at
from {view}
where funnel = $2 and step = $3
"""
_CHURNED = """
select
    md5($1 || ' ' || user_id) as user_hash,
    user_id,
    last_active_date,
    last_active_date + cast(days_inactive as integer) as as_of_date,
    cast(null as timestamp with time zone) as reached_at
from {view}
where churn_status = $2 and cast($3 as bigint) is null
"""
# A step is reached for good. A status is come into anew by who has been seen without it, or who
# was active after the date on which it was told; late events of before make no difference.
_NEWS = """
with present as ({present})

select
    present.user_hash,
    present.user_id,
    present.last_active_date,
    present.as_of_date,
    present.reached_at,
    coalesce(told.times, 0) + 1
from present
left join {place}.user_states as told
    on
        told.organisation = $4
        and told.user_event = $5
        and told.user_hash = present.user_hash
where
    told.user_hash is null
    or told.has_left
    or present.last_active_date > told.as_of_date
order by present.reached_at, present.last_active_date, present.user_id
"""
_LEFT = """
with present as ({present})

update {place}.user_states set has_left = true
where
    organisation = $4
    and user_event = $5
    and not has_left
    and not exists (
        select 1 from present where present.user_hash = user_states.user_hash
    )
"""
_BEGIN = """
insert into {place}.user_states
(organisation, user_event, user_hash, times, as_of_date, has_left)
select $4, $5, present.user_hash, 0, present.as_of_date, false
from ({present}) as present
"""
_KEEP = """
insert into {place}.user_states
(organisation, user_event, user_hash, times, as_of_date, has_left)
select
    cast($1 as text), cast($2 as text), unnest($3::text[]), unnest($4::bigint[]),
    unnest($5::date[]), false
on conflict (organisation, user_event, user_hash) do update set
    times = excluded.times,
    as_of_date = excluded.as_of_date,
    has_left = false
"""
# Of who was erased, or whose events were withdrawn, before it was delivered.
_WAITING = """
select 1 from {place}.outbox
where organisation = $1 and name = $2 and user_hash is not null and delivered_at is null
limit 1
"""
_FORGET = """
delete from {place}.outbox
where
    organisation = $2
    and name = $3
    and user_hash is not null
    and delivered_at is null
    and not exists (
        select 1 from {view} as present
        where md5($1 || ' ' || present.user_id) = outbox.user_hash
    )
"""


def watch_users(
    config: Config, event: UserEvent, organisation: str, session: Session, now: datetime
) -> list[Message]:
    """Put what became of users into the outbox; the messages.

    Of an event that is watched for the first time, who is there already is told of only where it
    says ``backfill``. Raises LoaderError for a funnel, step or status that there is not.
    """
    receivers = [
        receiver.name
        for receiver in config.receivers
        if receiver.wants_user_event(organisation, event.name)
    ]
    messages = [
        _message(organisation, event, receiver, row, now)
        for row in _watch(session, event, organisation, now)
        for receiver in receivers
    ]
    outbox.put(session, messages, now)
    return messages


def _watch(
    session: Session, event: UserEvent, organisation: str, now: datetime
) -> list[tuple[Any, ...]]:
    """The users of whom there is something to tell, which is kept as told."""
    target = target_of(session.target, organisation or None)
    place = target.place(target.schema)
    with views_of(target):
        _check(session, event, target)
        salt = _salt(session, event, organisation)
        is_new = salt is None
        if salt is None:
            salt = _begin(session, event, organisation, now)
        present, asked = _present(event, place)
        values = (salt, *asked, organisation, event.name)
        if is_new and not event.backfill:
            session.rows(_BEGIN.replace("{present}", present), *values)
            return []
        view = f"{place}.{'user_churn' if event.churn_status is not None else 'funnel_users'}"
        if session.rows(_WAITING, organisation, event.name):
            session.rows(_FORGET.replace("{view}", view), salt, organisation, event.name)
        if event.churn_status is not None:
            session.rows(_LEFT.replace("{present}", present), *values)
        found = session.rows(_NEWS.replace("{present}", present), *values)
    if found:
        hashes, times, dates = ([row[number] for row in found] for number in (0, 5, 3))
        session.rows(_KEEP, organisation, event.name, hashes, times, dates)
    return found


def _present(event: UserEvent, place: str) -> tuple[str, tuple[Any, Any]]:
    """The query of who is there, and its parameters after the salt."""
    if event.churn_status is not None:
        return _CHURNED.replace("{view}", f"{place}.user_churn"), (event.churn_status, None)
    return _REACHED.replace("{view}", f"{place}.funnel_users"), (event.funnel, event.step)


def _salt(session: Session, event: UserEvent, organisation: str) -> str | None:
    """What the event's hashes are made with; None where it has not been watched before."""
    found = session.rows(
        "select definition, salt from {place}.user_events "
        "where organisation = $1 and user_event = $2",
        *(organisation, event.name),
    )
    return str(found[0][1]) if found and found[0][0] == event.definition else None


def _begin(session: Session, event: UserEvent, organisation: str, now: datetime) -> str:
    """Watch an event, of which nothing is known, or of another definition."""
    which = (organisation, event.name)
    session.rows(
        "delete from {place}.user_states where organisation = $1 and user_event = $2", *which
    )
    salt = secrets.token_hex(16)
    session.rows(
        """
        insert into {place}.user_events (organisation, user_event, definition, salt, watched_since)
        values ($1, $2, $3, $4, $5)
        on conflict (organisation, user_event) do update set
            definition = excluded.definition,
            salt = excluded.salt,
            watched_since = excluded.watched_since
        """,
        *(*which, event.definition, salt, now),
    )
    return salt


def _check(session: Session, event: UserEvent, target: Target) -> None:
    """Refuse what no user can come to."""
    place = target.place(target.schema)
    if event.churn_status is not None:
        known = session.rows(f"select distinct churn_status from {place}.churn_summary")
        names = sorted(str(name) for (name,) in known)
        if names and event.churn_status not in names:
            raise LoaderError(
                f"The user event {event.name!r} is about the churn status {event.churn_status!r}, "
                f"and seeds/churn_windows.csv has {', '.join(names)}. Correct one of them."
            )
        return
    query = f"select funnel, max(step) from {place}.funnel_conversion group by funnel"
    steps = {str(funnel): int(last) for funnel, last in session.rows(query)}
    if event.funnel is None or event.funnel not in steps:
        raise LoaderError(
            f"The user event {event.name!r} is about the funnel {event.funnel!r}, and "
            f"seeds/funnels.csv has {', '.join(sorted(steps)) or 'none'}. Correct one of them."
        )
    if event.step is not None and event.step > steps[event.funnel]:
        raise LoaderError(
            f"The user event {event.name!r} is about step {event.step} of the funnel "
            f"{event.funnel!r}, which has {steps[event.funnel]} steps. Correct one of them."
        )


def _message(
    organisation: str, event: UserEvent, receiver: str, row: Sequence[Any], now: datetime
) -> Message:
    user_hash, user_id, last_active_date, as_of_date, reached_at, times = row
    data: dict[str, Any] = {
        "organisation": organisation or None,
        "user_event": event.name,
        "user_id": user_id,
    }
    if event.churn_status is not None:
        kind = CHURN_STATUS
        data |= {
            "churn_status": event.churn_status,
            "last_active_date": last_active_date,
            "days_inactive": (as_of_date - last_active_date).days,
            "as_of_date": as_of_date,
            "times": times,
        }
    else:
        kind = STEP_REACHED
        data |= {"funnel": event.funnel, "step": event.step, "reached_at": reached_at}
    return Message(
        message_id(kind, organisation, event.name, event.definition, user_id, times),
        receiver,
        organisation,
        event.name,
        None,
        json.dumps(["user", event.name, user_hash], ensure_ascii=False),
        times,
        user_hash,
        body(kind, now, data),
    )
