"""Filters as conditions in MetricFlow's own language, in which no value stands: only its place."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date

from query.metrics.definitions import Field
from query.metrics.question import Filter, Operation, Value, read_date
from serving.errors import HttpError, bad_request

#: Stands in SQL for the value of this number.
VALUE = "qa_value_{}_"
VALUES = re.compile(r"qa_value_(\d+)_")
#: What a value is for the database.
Parameter = str | int | float | bool | date

_OPERATORS: dict[Operation, str] = {
    "eq": "=",
    "ne": "<>",
    "lt": "<",
    "lte": "<=",
    "gt": ">",
    "gte": ">=",
    "in": "in",
    "not_in": "not in",
}
_BIGINT = 2**63


def condition(found: Field, asked: Filter, first: int) -> str:
    """A filter on a field, whose values are numbered from ``first`` on."""
    reference = {
        "time": f"{{{{ TimeDimension('{found.name}', 'day') }}}}",
        "category": f"{{{{ Dimension('{found.name}') }}}}",
        "entity": f"cast({{{{ Entity('{found.name}') }}}} as text)",
    }[found.kind]
    if asked.operation == "null":
        return f"{reference} is {'' if asked.values[0] else 'not '}null"
    places = [VALUE.format(first + index) for index in range(len(asked.values))]
    operator = _OPERATORS[asked.operation]
    listed = f"({', '.join(places)})" if asked.operation in ("in", "not_in") else places[0]
    compared = f"{reference} {operator} {listed}"
    if asked.operation in ("ne", "not_in"):
        return f"({reference} is null or {compared})"
    return compared


def parameters(found: Field, asked: Filter) -> Sequence[Parameter]:
    """The filter's values as those of the field's type; HttpError 400 where one is none."""
    if asked.operation == "null":
        return ()
    if found.data_type == "boolean" and asked.operation not in ("eq", "ne", "in", "not_in"):
        raise _wrong(found, "it is true or false, and can be eq, ne, in, not_in or null")
    return [_parameter(found, value) for value in asked.values]


def _parameter(found: Field, value: Value) -> Parameter:
    match found.data_type:
        case "date":
            day = read_date(value)
            if day is None:
                raise _wrong(found, f"{value!r} is no date as YYYY-MM-DD")
            return day
        case "bigint" | "integer" | "double precision" | "double":
            return _number(found, value)
        case "boolean":
            if not isinstance(value, bool):
                raise _wrong(found, f"{value!r} is neither true nor false")
            return value
        case _:
            if not isinstance(value, str):
                raise _wrong(found, f"{value!r} is no text; write it in quotes")
            return value


def _number(found: Field, value: Value) -> Parameter:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(found, f"{value!r} is no number")
    if not math.isfinite(value) or abs(value) >= _BIGINT:
        raise _wrong(found, "that number is too large")
    if found.data_type in ("bigint", "integer") and value != int(value):
        raise _wrong(found, f"{value!r} is no whole number")
    return int(value) if found.data_type in ("bigint", "integer") else float(value)


def _wrong(found: Field, why: str) -> HttpError:
    return bad_request(
        "invalid_filter", f"The filter on {found.name!r} cannot be: {why}.", found.description
    )
