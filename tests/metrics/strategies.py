"""Event logs that are likely to hit the edges of the definitions."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st

from tests.reference import Event

MICROSECOND = timedelta(microseconds=1)
HALF_HOUR = timedelta(minutes=30)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# A reading costs an engine much the same for one user as for many, and users hardly depend on each
# other, so most logs have many. Some names sort differently under a linguistic collation.
USER_IDS = ("ann", "Bob", "b-o b", "Ünal", "o'neil", *(f"user_{n}" for n in range(11)))

# `join` is the signup event of one variant; `a` and `A ` are nearly A, and not A; the last two are
# signs in definitions and nothing special in a log.
EVENT_NAMES = st.sampled_from(["A", "B", "join", "A", "B", "C", "a", "A ", "$signup", "*"])
# What the funnels in seeds/ ask for, since chance alone rarely gets far.
PATTERNS = st.sampled_from(["AB", "AAA", "ABAB", "BABA", "ABjAAB", "ABjABA", "jAB", "jjAA"]).map(
    lambda letters: ["join" if letter == "j" else letter for letter in letters]
)
# What the actions in seeds/ look at, and what comes near: other types, null, nothing.
PROPERTIES: st.SearchStrategy[Mapping[str, object]] = st.sampled_from(
    [
        {},
        {"p": "x"},
        {"p": "x", "q": 5},
        {"p": "axb", "q": True},
        {"p": "X", "q": "5"},
        {"p": None, "q": None},
        {"p": "", "/q~": "x"},
        {"q": 5},
        # lists, objects, texts that look like them, and numbers that equal each other
        {"p": {"x": 1}, "q": ["x"]},
        {"p": ["x"], "q": [], "/q~": {}},
        {"p": '["x"]', "q": "{}", "/q~": "[]"},
        {"p": 1, "q": 5.0},
        {"p": 1.0, "q": 0.0000005, "/q~": 10**30},
        {"p": False, "q": [5], "": "x", "a.b": "\N{LATIN SMALL LETTER E WITH ACUTE}"},
    ]
)
HAPPENINGS = st.one_of(
    st.lists(EVENT_NAMES, min_size=1, max_size=8),
    st.builds(lambda some, more: some + more, PATTERNS, st.lists(EVENT_NAMES, max_size=3)),
)

# Between one event of a user and the next: ties, and the edges of the funnels' windows and of the
# churn windows, where one step more or less changes the answer.
TIES = st.just(timedelta())
MOMENTS = st.timedeltas(min_value=timedelta(), max_value=HOUR)
EDGES = st.builds(
    lambda length, beside: length + beside,
    st.sampled_from([HALF_HOUR, HOUR, 12 * HOUR, DAY, 36 * HOUR, 2 * DAY, 7 * DAY]),
    st.sampled_from([-MICROSECOND, timedelta(), MICROSECOND]),
)
DAYS = st.timedeltas(min_value=timedelta(), max_value=3 * DAY)
WEEKS = st.sampled_from([n * DAY for n in (1, 2, 6, 7, 13, 14, 29, 30, 31)])
# Each user has one of these: everything at once, within hours, over days, or over weeks.
TEMPI = st.sampled_from(
    [
        st.one_of(TIES, TIES, TIES, MOMENTS),
        st.one_of(TIES, MOMENTS, EDGES),
        st.one_of(TIES, EDGES, DAYS),
        st.one_of(TIES, DAYS, WEEKS),
    ]
)

# From an interesting instant (a midnight, a clock change) to the first event of a user.
OFFSETS = st.one_of(
    st.sampled_from([timedelta(), -MICROSECOND, MICROSECOND, -HOUR, HOUR, -DAY, DAY]),
    st.timedeltas(min_value=-2 * DAY, max_value=2 * DAY),
)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[timedelta, str, Mapping[str, object]]]:
    """What one user did, one event or more: time since the log's anchor, event name, properties."""
    gaps = draw(TEMPI)
    time = draw(OFFSETS)
    happened = []
    for name in draw(HAPPENINGS):
        happened.append((time, name, draw(PROPERTIES)))
        time += draw(gaps)
    return happened


# How long before its own time an event arrives, by a clock that is ahead; most arrive after it.
AHEAD = st.sampled_from([None, None, None, MICROSECOND, HOUR, 23 * HOUR, 40 * DAY])


@st.composite
def logs(draw: st.DrawFn, anchors: Sequence[datetime]) -> list[Event]:
    """A log of up to 16 users whose events begin around one of the `anchors`.

    Rows come in any order, and the order of the ids has nothing to do with that of the times. In
    some logs events say that they happened later than they arrived.
    """
    anchor = draw(st.sampled_from(anchors))
    least = draw(st.sampled_from([0, 8, 12]))
    users = draw(st.lists(histories(), min_size=least, max_size=len(USER_IDS)))
    happened = [
        (user, name, anchor + time, properties)
        for user, history in zip(USER_IDS, users, strict=False)
        for time, name, properties in history
    ]
    order = draw(st.permutations(range(len(happened))))
    ids = draw(st.permutations(range(len(happened))))
    ahead = AHEAD if draw(st.booleans()) else st.none()
    return [
        Event(
            _spread_id(ids[place], len(happened)),
            name,
            time,
            user,
            properties,
            None if (by := draw(ahead)) is None else time - by,
        )
        for place in order
        for user, name, time, properties in [happened[place]]
    ]


# Events that link ids by the seeds of the tests, and by which property.
LINKS = st.sampled_from(
    [
        ("identify", "$anonymous_id"),
        ("alias", "$previous_id"),
        ("$identify", "$identified_id"),
        ("A", "/same~as"),
        ("identify", "no link"),
    ]
)
LINKED_IDS = st.sampled_from([*USER_IDS, "device_1", "device_2", ""])


@st.composite
def linked_logs(draw: st.DrawFn, anchors: Sequence[datetime]) -> list[Event]:
    """A log in which some events link ids: into chains, circles and crowds, in any order."""
    log = draw(logs(anchors))
    start = draw(st.sampled_from(anchors))
    links = [
        Event(UUID(int=2**64 + number), name, start + time, user, {key: other})
        for number, (user, (name, key), other, time) in enumerate(
            draw(
                st.lists(
                    st.tuples(st.sampled_from(USER_IDS), LINKS, LINKED_IDS, OFFSETS), max_size=14
                )
            )
        )
    ]
    return draw(st.permutations(log + links))


def _spread_id(number: int, count: int) -> UUID:
    """Ids over the whole range, so that those with the highest bit set take part."""
    return UUID(int=number * (2**128 // count))
