"""Logs of many users, in which much happens at one instant or just at an edge.

What hangs on equal instants goes wrong for one user in thousands, so it takes more users than
Hypothesis draws. These logs come from a seed, and `smallest` makes one that fails small.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

from tests.reference import Event

_Item = TypeVar("_Item")

NOTHING = timedelta()
MICROSECOND = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

#: What a user may do; each user does a few of them, so that the same happens again and again.
EVENT_NAMES = ("A", "A", "A", "B", "B", "C", "join", "join", "a", "A ", "$signup", "*")
#: What the actions in seeds/ look at: most events fit several of them.
PROPERTIES: tuple[Mapping[str, object], ...] = (
    {},
    {"p": "x"},
    {"p": "x", "q": 5},
    {"p": "x", "q": 5, "/q~": 1},
    {"p": "axb", "q": True},
    {"p": "axb", "/q~": "x"},
    {"p": "", "/q~": "x"},
    {"q": 5},
    {"q": "5", "/q~": None},
    {"p": {"x": 1}, "q": ["x"]},
    {"p": 5.0, "q": [5]},
)


def _edges(*lengths: timedelta) -> tuple[timedelta, ...]:
    """Each length, a microsecond less and one more; and nothing, as often as all these."""
    beside = [length + by for length in lengths for by in (-MICROSECOND, NOTHING, MICROSECOND)]
    return (*beside, *(NOTHING for _ in beside))


#: Between one event of a user and the next; each user has one of these.
TEMPI: tuple[tuple[timedelta, ...], ...] = (
    (NOTHING,),
    (NOTHING, NOTHING, NOTHING, SECOND),
    (NOTHING, NOTHING, MICROSECOND),
    _edges(HOUR / 2, HOUR),  # sessions, short windows
    _edges(12 * HOUR, DAY, 36 * HOUR, 2 * DAY),  # windows, local dates
    (NOTHING, 12 * HOUR, DAY, 2 * DAY, 3 * DAY),
    (NOTHING, *(n * DAY for n in (1, 6, 7, 8, 13, 14, 28, 29, 30, 31))),  # periods, churn
)
#: How long before its own time an event arrives; most arrive after it.
AHEAD = (*(None,) * 20, MICROSECOND, HOUR, 23 * HOUR)
#: From an interesting instant to a user's first event: at most a quarter begin elsewhere.
OFFSETS = (*(NOTHING,) * 6, -MICROSECOND, MICROSECOND, -HOUR, HOUR, -DAY, DAY)


def crowd(random: Random, anchors: Sequence[datetime], users: int) -> list[Event]:
    """A log of that many users, all of whom begin around one of the `anchors`.

    Rows come in any order, and the order of the ids has nothing to do with that of the times.
    """
    anchor = random.choice(anchors)
    happened = [
        (f"user {number}", *event) for number in range(users) for event in _history(random, anchor)
    ]
    random.shuffle(happened)
    ids = random.sample(range(len(happened)), len(happened))
    return [
        Event(
            UUID(int=number * (2**128 // len(happened))),
            name,
            time,
            user,
            properties,
            None if (by := random.choice(AHEAD)) is None else time - by,
        )
        for number, (user, name, time, properties) in zip(ids, happened, strict=True)
    ]


def _history(
    random: Random, anchor: datetime
) -> Iterator[tuple[str, datetime, Mapping[str, object]]]:
    gaps = random.choice(TEMPI)
    names = random.choices(EVENT_NAMES, k=random.randint(1, 4))
    properties = random.choices(PROPERTIES, k=random.randint(1, 4))
    time = anchor + random.choice(OFFSETS)
    for _ in range(random.randint(1, 9)):
        yield random.choice(names), time, random.choice(properties)
        time += random.choice(gaps)


def smallest(log: Sequence[Event], fails: Callable[[list[Event]], bool]) -> list[Event]:
    """A part of the log that fails as well, and no longer does without any one of its events.

    By halves of the users, then of the events, then of smaller and smaller parts of them
    (A. Zeller, R. Hildebrandt: Simplifying and Isolating Failure-Inducing Input, 2002).
    """
    users = sorted({event.user_id for event in log})
    kept = set(_minimal(users, lambda some: fails([e for e in log if e.user_id in set(some)])))
    return _minimal([event for event in log if event.user_id in kept], fails)


def _minimal(items: list[_Item], fails: Callable[[list[_Item]], bool]) -> list[_Item]:
    size = len(items)
    while size > 0:
        start = 0
        while start < len(items):
            rest = items[:start] + items[start + size :]
            if rest and fails(rest):
                items = rest
            else:
                start += size
        size //= 2
    return items
