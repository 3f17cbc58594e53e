"""funnel_users, funnel_conversion and funnel_conversion_daily."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from statistics import median

from .definitions import Funnel, Step
from .events import Event
from .history import History
from .registry import Row, ratio, view

# When each step was reached, the first step first. Its length is the depth of the attempt.
StepTimes = tuple[datetime, ...]
# The time that an attempt has come to, and the events that it has used.
Way = tuple[datetime, frozenset[Event]]


def ordered_attempt(
    history: History, funnel: Funnel, events: Sequence[Event], start: Event
) -> StepTimes:
    """The earliest time of each step that an attempt with this first event can reach.

    `events` are all events of the user. Every way through them is followed. A way is told apart by
    the time it has come to and the events it has used at that very instant: what was used earlier
    cannot come again.
    """
    ways = {(start.event_time, frozenset({start}))}
    times = [start.event_time]
    for step in funnel.steps[1:]:
        ways = {
            (event.event_time, (used if event.event_time == at else frozenset()) | {event})
            for at, used in ways
            for event in _candidates(history, funnel, step, events, start)
            if event.event_time >= at and event not in used
        }
        if not ways:
            break
        times.append(min(at for at, _ in ways))
    return tuple(times)


def _candidates(
    history: History, funnel: Funnel, step: Step, events: Sequence[Event], start: Event
) -> list[Event]:
    """The events that may fill a step of an attempt with this first event."""
    return [
        event
        for event in events
        if history.matches(event, step.event)
        and (funnel.window is None or event.event_time - start.event_time <= funnel.window)
        and (
            step.on_day is None
            or (history.event_date(event) - history.event_date(start)).days == step.on_day
        )
    ]


def strict_ways(
    history: History, funnel: Funnel, events: Sequence[Event], start: Event
) -> list[set[Way]]:
    """For each step that can be reached: the ways to it.

    Nothing else of the user lies between the first and the last of their events. What happened at
    the instant of either may have happened before the first, or after the last.
    """
    steps: list[set[Way]] = [{(start.event_time, frozenset({start}))}]
    for step in funnel.steps[1:]:
        ways = {
            (event.event_time, used | {event})
            for at, used in steps[-1]
            for event in _candidates(history, funnel, step, events, start)
            if event.event_time >= at
            and event not in used
            and not _between(events, start, event, used)
        }
        if not ways:
            break
        steps.append(ways)
    return steps


def _between(
    events: Sequence[Event], start: Event, last: Event, used: frozenset[Event]
) -> list[Event]:
    first, end = start.event_time, last.event_time
    return [event for event in events if first < event.event_time < end and event not in used]


def strict_attempt(
    history: History, funnel: Funnel, events: Sequence[Event], start: Event
) -> StepTimes:
    """The earliest time of each step that an attempt with this first event can reach."""
    ways = strict_ways(history, funnel, events, start)
    return tuple(min(at for at, _ in to_step) for to_step in ways)


def _can_continue(history: History, funnel: Funnel, user: str, times: StepTimes) -> bool:
    """Whether an event to come could be the next step of the attempt that counts."""
    if funnel.step_order != "strict":
        return True
    events = history.events_of[user]
    for start in events:
        if start.event_time == times[0] and history.matches(start, funnel.steps[0].event):
            ways = strict_ways(history, funnel, events, start)
            if len(ways) == len(times) and any(
                all(event in used or event.event_time <= start.event_time for event in events)
                for _, used in ways[-1]
            ):
                return True
    return False


def unordered_attempt(
    history: History, funnel: Funnel, events: Sequence[Event], start: Event
) -> StepTimes:
    """When one, two … different steps were done, counted from this event on, in any order."""
    later = [
        event
        for event in events
        if event.event_time >= start.event_time
        and (funnel.window is None or event.event_time - start.event_time <= funnel.window)
    ]
    times: list[datetime] = []
    filled_by: dict[int, Event] = {}
    for event in later:
        if _fill_one_more(history, funnel, filled_by, event, set()):
            times.append(event.event_time)
    return tuple(times)


def _fill_one_more(
    history: History,
    funnel: Funnel,
    filled_by: dict[int, Event],
    event: Event,
    tried: set[int],
) -> bool:
    """Give the event a step, moving others to other steps where that makes room."""
    for number, step in enumerate(funnel.steps):
        if number in tried or not history.matches(event, step.event):
            continue
        tried.add(number)
        other = filled_by.get(number)
        if other is None or _fill_one_more(history, funnel, filled_by, other, tried):
            filled_by[number] = event
            return True
    return False


# How an attempt is followed, by the funnel's step_order.
ATTEMPTS: dict[str, Callable[[History, Funnel, Sequence[Event], Event], StepTimes]] = {
    "ordered": ordered_attempt,
    "strict": strict_attempt,
    "unordered": unordered_attempt,
}


def counted_attempts(history: History, funnel: Funnel) -> dict[str, StepTimes]:
    """For each user who started: the attempt that got furthest, the earliest of those.

    Attempts that start at the same instant count with the earliest step times among them.
    """
    attempts: dict[str, StepTimes] = {}
    for user, events in history.events_of.items():
        if (funnel.funnel, user) not in history.counted_attempts:
            history.counted_attempts[funnel.funnel, user] = _best_attempt(history, funnel, events)
        if times := history.counted_attempts[funnel.funnel, user]:
            attempts[user] = times
    return attempts


def _best_attempt(history: History, funnel: Funnel, events: Sequence[Event]) -> StepTimes:
    """Of a user with these events; empty if they never started."""
    attempt = ATTEMPTS[funnel.step_order]
    first_steps = funnel.steps if funnel.step_order == "unordered" else funnel.steps[:1]
    starts = [
        event for event in events if any(history.matches(event, step.event) for step in first_steps)
    ]
    return min(
        (attempt(history, funnel, events, start) for start in starts),
        key=lambda times: (-len(times), times),
        default=(),
    )


def _microseconds(times: StepTimes, step: int) -> int:
    """Elapsed time from the previous step to `step` (2 or more)."""
    return (times[step - 1] - times[step - 2]) // timedelta(microseconds=1)


def _seconds(microseconds: Fraction) -> float:
    return float(microseconds / 1_000_000)


@view("funnel", "user_id", "step")
def funnel_users(history: History) -> Iterator[Row]:
    """The steps that each user reached in the attempt that counts."""
    for funnel in history.definitions.funnels:
        for user, times in counted_attempts(history, funnel).items():
            for step, reached_at in enumerate(times, start=1):
                yield {
                    "funnel": funnel.funnel,
                    "user_id": user,
                    "step": step,
                    "reached_at": reached_at,
                    "seconds_from_previous": (
                        _seconds(Fraction(_microseconds(times, step))) if step > 1 else None
                    ),
                }


@view("funnel", "step")
def funnel_conversion(history: History) -> Iterator[Row]:
    """Users who reached each step, and the time they took from the step before."""
    for funnel in history.definitions.funnels:
        attempts = counted_attempts(history, funnel).values()
        for number, step in enumerate(funnel.steps, start=1):
            reached = [times for times in attempts if len(times) >= number]
            previous = [times for times in attempts if len(times) >= number - 1]
            waits = [Fraction(_microseconds(t, number)) for t in reached] if number > 1 else []
            yield {
                "funnel": funnel.funnel,
                "step": number,
                "step_name": step.event,
                "users": len(reached),
                "conversion_from_start": ratio(len(reached), len(attempts)),
                "conversion_from_previous": (
                    ratio(len(reached), len(previous)) if number > 1 else None
                ),
                "median_seconds_from_previous": _seconds(median(waits)) if waits else None,
                "average_seconds_from_previous": (
                    _seconds(sum(waits, Fraction()) / len(waits)) if waits else None
                ),
            }


def _is_open(history: History, funnel: Funnel, times: StepTimes) -> bool:
    """Whether the attempt may still reach its next step."""
    if len(times) == len(funnel.steps):
        return False
    start_date = history.local_date(times[0])
    on_day = funnel.steps[len(times)].on_day
    deadlines = []
    if funnel.window is not None:
        deadlines.append(history.local_date(times[0] + funnel.window))
    if on_day is not None:
        deadlines.append(start_date + timedelta(days=on_day))
    return not deadlines or not history.is_over(min(deadlines))


def _is_entry_date_complete(history: History, funnel: Funnel, entry_date: date) -> bool:
    """Whether even an attempt that started in the last microsecond of the date has run out."""
    on_day = funnel.steps[-1].on_day
    deadlines = []
    if funnel.window is not None:
        deadlines.append(history.local_date(history.end_of_day(entry_date) + funnel.window))
    if on_day is not None:
        deadlines.append(entry_date + timedelta(days=on_day))
    return bool(deadlines) and history.is_over(min(deadlines))


def _entered_on(
    history: History, attempts: Iterable[StepTimes], entry_date: date
) -> list[StepTimes]:
    return [times for times in attempts if history.local_date(times[0]) == entry_date]


@view("funnel", "entry_date", "step")
def funnel_conversion_daily(history: History) -> Iterator[Row]:
    """Users who reached each step, by the date on which their attempt started."""
    for funnel in history.definitions.funnels:
        attempts = counted_attempts(history, funnel)
        open_attempts = [
            times
            for user, times in attempts.items()
            if _is_open(history, funnel, times) and _can_continue(history, funnel, user, times)
        ]
        for entry_date in history.calendar:
            entered = _entered_on(history, attempts.values(), entry_date)
            still_open = _entered_on(history, open_attempts, entry_date)
            for number in range(1, len(funnel.steps) + 1):
                users = sum(len(times) >= number for times in entered)
                yield {
                    "funnel": funnel.funnel,
                    "entry_date": entry_date,
                    "step": number,
                    "users": users,
                    "conversion_from_start": ratio(users, len(entered)),
                    "open_users": sum(len(times) == number for times in still_open),
                    "is_complete": _is_entry_date_complete(history, funnel, entry_date),
                }
