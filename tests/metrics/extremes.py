"""Logs that are ordinary but for one thing: a bad clock, a busy user, ids as names, odd texts."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from loader.contract import DEFAULT_EARLIEST, DEFAULT_FUTURE_TOLERANCE, MAX_TEXT
from tests.reference import Event

#: As many values of a segment as an ordinary log has here.
VALUES = 40

#: What people and programs put into texts, and what databases and templates mistake for more.
ODD_TEXTS = (
    "",
    " ",
    "null",
    "NULL",
    "None",
    "nan",
    "true",
    "007",
    "1e3",
    "-0",
    "(none)",
    "$signup",
    "*",
    "it's",
    'say "hi"',
    "a,b;c\td\ne\r\nf",
    "\\N",
    "\\",
    "%s %(x)s {} {{ x }} {% x %}",
    "'; drop schema raw cascade; --",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "e\u0301",
    "é",
    "ß",
    "İ",
    "日本語",
    "\u202etxet\u202c",
    "\u200b",
    "👩‍👩‍👧‍👦",
    "\U0010ffff",
    "\ufeff",
)


def ordinary(anchor: datetime, users: int = 50) -> list[Event]:
    """200 events of 50 users over five weeks, who have a few dozen values of p between them."""
    return [
        _event(
            number,
            ("A", "B", "A", "join")[number // users],
            anchor + timedelta(hours=17 * (number % users), minutes=31 * number),
            f"user {number % users}",
            {"p": f"v{number % VALUES}", "q": number % 7},
        )
        for number in range(4 * users)
    ]


def _oldest(anchor: datetime) -> list[Event]:  # noqa: ARG001 (the others need it)
    return [_extreme(0, DEFAULT_EARLIEST + timedelta(minutes=3), "user 1", {"p": "v1"})]


def _newest(anchor: datetime) -> list[Event]:
    last = max(event.event_time for event in ordinary(anchor))
    ahead = _extreme(0, last + DEFAULT_FUTURE_TOLERANCE, "user 1", {"p": "v1"})
    return [Event(**(vars(ahead) | {"ingested_at": last}))]


def _busiest(anchor: datetime) -> list[Event]:
    return [
        _extreme(number, anchor + number * timedelta(minutes=29), "busy", {"p": "x", "q": 5}, name)
        for number, name in enumerate(["A", "B", "join", "C"] * 15)
    ]


def _longest(anchor: datetime) -> list[Event]:
    # as many characters as fit in, each as long as one can be
    text = "\U0001f600" * MAX_TEXT
    return [_extreme(0, anchor, text, {text: text, "p": text * 40}, text)]


def _most_values(anchor: datetime) -> list[Event]:
    hour = timedelta(hours=1)
    return [
        _extreme(number, anchor + number * hour, f"one of {number}", {"p": f"id {number}"})
        for number in range(100)
    ]


def _names_as_ids(anchor: datetime) -> list[Event]:
    return [
        _extreme(number, anchor + number * timedelta(minutes=1), "user 1", {}, f"page {number}")
        for number in range(100)
    ]


def _most_keys(anchor: datetime) -> list[Event]:
    return [_extreme(0, anchor, "user 1", {f"key {number}": number for number in range(200)})]


def _most_ties(anchor: datetime) -> list[Event]:
    return [
        _extreme(number, anchor, "user 1", {"p": "x", "q": 5, "/q~": number}, name)
        for number, name in enumerate(["A", "B", "join"] * 3)
    ]


def _oddest_texts(anchor: datetime) -> list[Event]:
    return [
        _extreme(number, anchor, text or "x", {"p": text, text or "x": text}, text or "x")
        for number, text in enumerate(ODD_TEXTS)
    ]


#: What is added to an ordinary log, given the instant at which that begins.
EXTREMES: Mapping[str, Callable[[datetime], list[Event]]] = {
    "the_oldest": _oldest,
    "the_newest": _newest,
    "the_busiest_user": _busiest,
    "the_longest_texts": _longest,
    "the_most_values": _most_values,
    "names_as_ids": _names_as_ids,
    "the_most_keys": _most_keys,
    "the_most_ties": _most_ties,
    "the_oddest_texts": _oddest_texts,
}


def _extreme(
    number: int, time: datetime, user: str, properties: Mapping[str, object], name: str = "A"
) -> Event:
    return _event(10_000 + number, name, time, user, properties)


def _event(
    number: int, name: str, time: datetime, user: str, properties: Mapping[str, object]
) -> Event:
    return Event(UUID(int=number), name, time.astimezone(UTC), user, properties)
