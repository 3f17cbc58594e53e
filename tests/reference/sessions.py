"""sessions, daily_sessions and event_paths."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

from .events import Event
from .history import History
from .registry import Row, ratio, view

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _sessions(history: History) -> list[list[Event]]:
    """The events of each session, by time and id."""
    gap = timedelta(minutes=history.settings.session_gap_minutes)
    found: list[list[Event]] = []
    for events in history.events_of.values():
        previous: Event | None = None
        for event in events:
            if previous is None or event.event_time - previous.event_time > gap:
                found.append([])
            found[-1].append(event)
            previous = event
    return found


def _duration(session: list[Event]) -> timedelta:
    return session[-1].event_time - session[0].event_time


@view("session_id")
def sessions(history: History) -> Iterator[Row]:
    """Each session from its first to its last event."""
    for session in _sessions(history):
        first = session[0]
        microseconds = (first.event_time - _EPOCH) // _MICROSECOND
        name = f"{first.user_id} {microseconds}"
        yield {
            "session_id": hashlib.md5(name.encode(), usedforsecurity=False).hexdigest(),
            "user_id": first.user_id,
            "started_at": first.event_time.astimezone(UTC),
            "ended_at": session[-1].event_time.astimezone(UTC),
            "events": len(session),
            "duration_seconds": _duration(session) / timedelta(seconds=1),
        }


@view("session_date")
def daily_sessions(history: History) -> Iterator[Row]:
    """The sessions that began on each date."""
    every = _sessions(history)
    for day in history.calendar:
        begun = [session for session in every if history.event_date(session[0]) == day]
        durations = [_duration(session) // _MICROSECOND for session in begun]
        yield {
            "session_date": day,
            "sessions": len(begun),
            "users": len({session[0].user_id for session in begun}),
            "median_duration_seconds": median(durations) / 1_000_000 if begun else None,
            "events_per_session": ratio(sum(map(len, begun)), len(begun)),
        }


@view("step_number", "from_event", "to_event")
def event_paths(history: History) -> Iterator[Row]:
    """How often one event of a session led to the next, at each of its first steps."""
    steps = [
        (number, one.event_name, other.event_name, index, one.user_id)
        for index, session in enumerate(_sessions(history))
        for number, (one, other) in enumerate(pairwise(session), 1)
        if number <= history.settings.max_path_steps
    ]
    for number, one, other in {step[:3] for step in steps}:
        taken = [step for step in steps if step[:3] == (number, one, other)]
        yield {
            "step_number": number,
            "from_event": one,
            "to_event": other,
            "sessions": len(taken),
            "users": len({user_id for *_, user_id in taken}),
        }
