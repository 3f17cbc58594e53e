"""What is asked of a view: the parameters of a URL, each of which is understood or refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from query.catalog import Column, View
from query.errors import unknown
from query.reports import values
from serving.errors import HttpError, bad_request

#: Parameters that are no columns. A column of such a name is filtered as ``name__eq``.
OWN = ("select", "sort", "limit", "cursor", "format")

_EQUAL = ("eq", "ne", "in", "not_in", "null")
_ORDER = ("lt", "lte", "gt", "gte")
_TEXT = ("contains", "starts_with")
#: What a column of a type may be compared by.
OPERATORS = {
    "bigint": (*_EQUAL, *_ORDER),
    "boolean": ("eq", "ne", "null"),
    "date": (*_EQUAL, *_ORDER),
    "double precision": (*_EQUAL, *_ORDER),
    "text": (*_EQUAL, *_ORDER, *_TEXT),
    "timestamp with time zone": (*_EQUAL, *_ORDER),
}
# A value of a list: in double quotes, in which two of them are one, or bare.
_ITEM = re.compile(r'(?:"((?:[^"]|"")*)"|([^",][^,]*|))(,|\Z)', re.DOTALL)
_MOST_FILTERS = 50
_MOST_VALUES = 1_000


@dataclass(frozen=True, slots=True)
class Filter:
    """Rows whose ``column`` is so; ``values`` has one value, or those of a list."""

    column: Column
    operator: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sort:
    """By a column, upwards or downwards; null comes last in either."""

    column: Column
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: ``order`` is total, so that every page goes on where the last one ended."""

    view: View
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...]
    order: tuple[Sort, ...]
    limit: int
    cursor: str | None

    @property
    def subject(self) -> str:
        """All that pages of one question have in common, as a text."""
        parts: list[object] = [self.view.name, [column.name for column in self.columns]]
        parts += [(one.column.name, one.operator, one.values) for one in self.filters]
        parts += [(one.column.name, one.descending) for one in self.order]
        return repr(parts)


def read_question(
    view: View, given: Sequence[tuple[str, str]], *, default_rows: int, max_rows: int
) -> Question:
    """The question of a URL's parameters; HttpError 400 for whatever is none."""
    own = {name: text for name, text in given if name in OWN}
    filters = tuple(_filter(view, name, text) for name, text in given if name not in OWN)
    if len(filters) > _MOST_FILTERS:
        raise bad_request("too_many_filters", f"There are more than {_MOST_FILTERS} filters.")
    repeated = [name for name in own if sum(name == one for one, _ in given) > 1]
    if repeated:
        raise bad_request("repeated", f"{repeated[0]} is given more than once.")
    return Question(
        view,
        _columns(view, own.get("select", "")),
        filters,
        _order(view, own.get("sort", "")),
        _limit(own.get("limit", ""), default_rows, max_rows),
        own.get("cursor") or None,
    )


def _columns(view: View, text: str) -> tuple[Column, ...]:
    names = _names(text)
    return tuple(view.column(name) for name in dict.fromkeys(names)) or view.columns


def _order(view: View, text: str) -> tuple[Sort, ...]:
    chosen: dict[str, Sort] = {}
    for name in _names(text):
        column = view.column(name.removeprefix("-"))
        chosen.setdefault(column.name, Sort(column, name.startswith("-")))
    # What tells rows apart comes last, so that no two are equal in order.
    for name in view.key or tuple(column.name for column in view.columns):
        chosen.setdefault(name, Sort(view.column(name)))
    return tuple(chosen.values())


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _limit(text: str, default_rows: int, max_rows: int) -> int:
    limit: int = values.read(text, "bigint", "limit") if text else default_rows
    if not 1 <= limit <= max_rows:
        raise values.bad_value(
            f"limit is {limit}, and takes 1 to {max_rows}. Ask for the rest with next_cursor."
        )
    return limit


def _filter(view: View, name: str, text: str) -> Filter:
    column_name, _, operator = name.rpartition("__")
    if not column_name or (view.has(name) and operator not in _all_operators()):
        column_name, operator = name, "eq"
    if not view.has(column_name):
        raise _unknown_parameter(view, column_name)
    column = view.column(column_name)
    allowed = OPERATORS[column.data_type]
    if operator not in allowed:
        where = f"the column {column.name}, which is {column.data_type}"
        raise unknown("operator", operator, allowed, of=where)
    return Filter(column, operator, tuple(_values(column, operator, text, name)))


def _unknown_parameter(view: View, name: str) -> HttpError:
    names = [*(column.name for column in view.columns), *OWN]
    return unknown("column", name, names, of=f"the view {view.name}")


def _values(column: Column, operator: str, text: str, where: str) -> Iterable[Any]:
    if operator == "null":
        return [values.read(text, "boolean", where)]
    if operator not in ("in", "not_in"):
        return [values.read(text, column.data_type, where)]
    parts = _parts(text, where)
    if len(parts) > _MOST_VALUES:
        raise values.bad_value(f"{where} has more than {_MOST_VALUES} values.")
    return [values.read(part, column.data_type, where) for part in parts]


def _parts(text: str, where: str) -> list[str]:
    """The values of a list, between commas; one with a comma stands in double quotes."""
    parts, place, ended = [], 0, False
    while not ended:
        found = _ITEM.match(text, place)
        if found is None:
            raise values.bad_value(
                f"{where} takes values between commas, and in double quotes those that have one."
            )
        within, bare, comma = found.groups()
        parts.append(bare if within is None else within.replace('""', '"'))
        place, ended = found.end(), not comma
    return parts


def _all_operators() -> set[str]:
    return {operator for operators in OPERATORS.values() for operator in operators}
