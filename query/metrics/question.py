"""A question as JSON: what it may have, and what is wrong where it has something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeGuard, get_args

from query.errors import unknown
from query.metrics.definitions import Grain
from query.metrics.periods import GRAINS
from serving.errors import HttpError, bad_request

Operation = Literal["eq", "ne", "lt", "lte", "gt", "gte", "in", "not_in", "null"]
Value = str | int | float | bool | None

OPERATIONS: tuple[Operation, ...] = get_args(Operation)
DEFAULT_LIMIT = 1_000
MAX_LIMIT = 10_000
MAX_PERIODS = 5_000
_MAX_NAMES = 50
_MAX_VALUES = 1_000
_MAX_TEXT = 1_000
#: Years of dates that values may be; what is outside is a slip, and calendars end somewhere.
_YEARS = range(1900, 2201)
#: Years of time ranges; MetricFlow has none after 2040, in which the last week of 2039 ends.
_RANGE_YEARS = range(1900, 2040)
_KEYS = ("metrics", "saved_query", "group_by", "time", "filters", "order_by", "limit")


@dataclass(frozen=True, slots=True)
class Filter:
    """Rows for which a field and values are in this relation count; ``null`` has a bool.

    As for views, ``ne`` and ``not_in`` let rows without a value through.
    """

    field: str
    operation: Operation
    values: tuple[Value, ...]

    @property
    def pins(self) -> bool:
        """Whether it leaves the field one value."""
        return self.operation in ("eq", "in") and len(set(self.values)) == 1


@dataclass(frozen=True, slots=True)
class Between:
    """From and to these dates, both included; None where it is open."""

    start: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class Last:
    """The last so many periods that are over, or with ``running`` the one that is not as well."""

    number: int
    grain: Grain | None
    running: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: metrics or a saved query, and how.

    ``order_by`` has names, with a minus before those that descend.
    """

    metrics: tuple[str, ...] = ()
    saved_query: str | None = None
    group_by: tuple[str, ...] = ()
    time: Between | Last | None = None
    filters: tuple[Filter, ...] = ()
    order_by: tuple[str, ...] = ()
    limit: int = DEFAULT_LIMIT


def parse_question(body: object) -> Question:
    """The question in a JSON object.

    Raises:
        HttpError: 400 with a sentence that names the part and says what it can be.
    """
    if not isinstance(body, Mapping):
        raise _invalid("A question is a JSON object.", 'Such as {"metrics": ["dau"]}.')
    _only("key", body, _KEYS, "a question")
    saved_query = body.get("saved_query")
    metrics = _names(body, "metrics")
    if saved_query is not None and not isinstance(saved_query, str):
        raise _invalid("saved_query is the name of a saved query.")
    if (saved_query is None) == (not metrics):
        raise _invalid("A question names either metrics or a saved_query.")
    group_by = _names(body, "group_by")
    if saved_query is not None and group_by:
        raise _invalid("A saved query has its own group_by.", "Ask for its metrics instead.")
    return Question(
        metrics,
        saved_query,
        group_by,
        _time(body.get("time")),
        _filters(body.get("filters")),
        _names(body, "order_by"),
        _whole("limit", body.get("limit", DEFAULT_LIMIT), MAX_LIMIT),
    )


def _invalid(message: str, detail: str = "") -> HttpError:
    return bad_request("invalid_question", message, detail)


def _only(kind: str, part: Mapping[Any, Any], keys: tuple[str, ...], of: str) -> None:
    for key in part:
        if key not in keys:
            raise unknown(kind, str(key), keys, of=of)


def _names(body: Mapping[str, Any], key: str) -> tuple[str, ...]:
    given = body.get(key)
    if given is None:
        return ()
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise _invalid(f"{key} is a list of names.")
    if len(given) > _MAX_NAMES:
        raise _invalid(f"{key} has {len(given)} names; {_MAX_NAMES} are the most.")
    if len(set(given)) < len(given):
        raise _invalid(f"{key} has a name twice.")
    return tuple(given)


def _is_whole(given: object) -> TypeGuard[int]:
    return isinstance(given, int) and not isinstance(given, bool)


def _whole(key: str, given: object, most: int) -> int:
    if not _is_whole(given) or not 1 <= given <= most:
        raise _invalid(f"{key} is a whole number from 1 to {most}.")
    return given


def _time(given: object) -> Between | Last | None:
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise _invalid(
            "time is an object.",
            'Such as {"from": "2026-01-01", "to": "2026-01-31"} or {"last": 8, "grain": "week"}.',
        )
    if "last" not in given:
        _only("key", given, ("from", "to", "last", "grain", "running"), "time")
        if "grain" in given or "running" in given:
            raise _invalid("grain and running belong to last in time, not to from and to.")
        start, end = (_date(f"time.{key}", given.get(key)) for key in ("from", "to"))
        if start is not None and end is not None and end < start:
            raise _invalid("time.to lies before time.from.")
        return Between(start, end)
    _only("key", given, ("last", "grain", "running"), "time with last")
    grain = given.get("grain")
    if grain is not None and grain not in GRAINS:
        raise unknown("grain", str(grain), GRAINS)
    running = given.get("running", False)
    if not isinstance(running, bool):
        raise _invalid("time.running is true or false.")
    return Last(_whole("time.last", given["last"], MAX_PERIODS), grain, running)


def _date(key: str, given: object) -> date | None:
    if given is None:
        return None
    found = read_date(given)
    if found is None or found.year not in _RANGE_YEARS:
        raise _invalid(
            f"{key} is a date as YYYY-MM-DD,"
            f" from {_RANGE_YEARS[0]}-01-01 to {_RANGE_YEARS[-1]}-12-31."
        )
    return found


def read_date(given: object) -> date | None:
    """The date that a text is, if it is one that questions may have."""
    if not isinstance(given, str) or len(given) != 10:
        return None
    try:
        found = date.fromisoformat(given)
    except ValueError:
        return None
    return found if found.year in _YEARS else None


def _filters(given: object) -> tuple[Filter, ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > _MAX_NAMES:
        raise _invalid(
            f"filters is a list of at most {_MAX_NAMES} filters.",
            'Such as [{"field": "user_id__churn_status", "op": "eq", "value": "active"}].',
        )
    return tuple(map(_filter, given))


def _filter(given: object) -> Filter:
    if not isinstance(given, Mapping):
        raise _invalid("A filter is an object with field, op and value.")
    _only("key", given, ("field", "op", "value"), "a filter")
    field, operation = given.get("field"), given.get("op", "eq")
    if not isinstance(field, str):
        raise _invalid("field of a filter is a name.")
    if operation not in OPERATIONS:
        raise unknown("operation", str(operation), OPERATIONS, of="a filter")
    if "value" not in given and operation != "null":
        raise _invalid(f"The filter on {field!r} has no value.")
    value = given.get("value", True)
    if operation == "null":
        if not isinstance(value, bool):
            raise _invalid("The value of null is true or false.")
        return Filter(field, operation, (value,))
    if operation in ("in", "not_in"):
        if not isinstance(value, list) or not 1 <= len(value) <= _MAX_VALUES:
            raise _invalid(f"The value of {operation} is a list of 1 to {_MAX_VALUES} values.")
        return Filter(field, operation, tuple(_value(field, one) for one in value))
    return Filter(field, operation, (_value(field, value),))


def _value(field: str, given: object) -> Value:
    if not isinstance(given, str | int | float | bool):
        raise _invalid(
            f"A value of the filter on {field!r} is no text, number, true or false.",
            "For rows without a value use null.",
        )
    if isinstance(given, str) and (len(given) > _MAX_TEXT or "\x00" in given):
        raise _invalid(
            f"A text of the filter on {field!r} has more than {_MAX_TEXT} characters, or a null."
        )
    return given
