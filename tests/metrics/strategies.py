"""Event logs that are likely to hit the edges of the definitions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st

from tests.reference import Event

MICROSECOND = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# `join` is the signup event of one variant; the last two are nearly A, and not A.
EVENT_NAMES = ("A", "B", "join", "C", "a", "A ")
# Sorted differently by a database with a linguistic collation.
USER_IDS = ("ann", "Bob", "b-o b", "Ünal", "o'neil")

# Between one event of a user and the next: mostly ties and the edges of the funnels' windows and
# the churn windows, so that one step more or less changes the answer.
_TIES = st.just(timedelta())
_EDGES = st.builds(
    lambda length, beside: length + beside,
    st.sampled_from([HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY]),
    st.sampled_from([-MICROSECOND, timedelta(), MICROSECOND]),
)
_SMALL = st.timedeltas(min_value=timedelta(), max_value=3 * DAY)
_LONG = st.sampled_from([6 * DAY, 13 * DAY, 14 * DAY, 29 * DAY, 30 * DAY, 31 * DAY])
GAPS = st.one_of(_TIES, _TIES, _EDGES, _SMALL, st.one_of(_SMALL, _LONG))

# From an interesting instant (a midnight, a clock change) to the first event of a user.
OFFSETS = st.one_of(
    st.sampled_from([timedelta(), -MICROSECOND, MICROSECOND, -HOUR, HOUR, -DAY, DAY]),
    st.timedeltas(min_value=-2 * DAY, max_value=2 * DAY),
)

HISTORIES = st.lists(st.tuples(GAPS, st.sampled_from(EVENT_NAMES)), min_size=1, max_size=8)


@st.composite
def logs(draw: st.DrawFn, anchors: Sequence[datetime]) -> list[Event]:
    """A log of up to five users whose events begin around one of the `anchors`.

    Users may have a single event; events of one user may share an instant; rows come in any order,
    and the order of the ids has nothing to do with that of the times.
    """
    anchor = draw(st.sampled_from(anchors))
    happened: list[tuple[str, str, datetime]] = []
    for user in draw(st.lists(st.sampled_from(USER_IDS), unique=True)):
        time = anchor + draw(OFFSETS)
        for gap, name in draw(HISTORIES):
            time += gap
            happened.append((user, name, time))
    order = draw(st.permutations(range(len(happened))))
    ids = draw(st.permutations(range(len(happened))))
    return [
        Event(_spread_id(ids[place], len(happened)), name, time, user)
        for place in order
        for user, name, time in [happened[place]]
    ]


def _spread_id(number: int, count: int) -> UUID:
    """Ids over the whole range, so that those with the highest bit set take part."""
    return UUID(int=number * (2**128 // count))
