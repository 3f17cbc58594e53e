"""Types of GraphQL, made from the contracts of the views."""

from __future__ import annotations

import datetime as dt
import keyword
from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig

from query.catalog import Column, View
from query.reports.question import OPERATORS


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise GraphQLError(f"BigInt is a whole number of 64 bits, and {value!r} is none.")
    whole: int = value
    return whole


class BigInt:
    """Stands for the scalar of this name."""


#: GraphQL's own Int has 32 bits.
BIG_INT = strawberry.scalar(
    name="BigInt",
    description="A whole number of 64 bits, as a number of JSON.",
    serialize=_whole,
    parse_value=_whole,
)
CONFIG = StrawberryConfig(auto_camel_case=False, scalar_map={BigInt: BIG_INT})

_TYPES: Mapping[str, Any] = {
    "bigint": BigInt,
    "boolean": bool,
    "date": dt.date,
    "double precision": float,
    "text": str,
    "timestamp with time zone": dt.datetime,
}
_NAMES = {
    "bigint": "BigInt",
    "boolean": "Boolean",
    "date": "Date",
    "double precision": "Float",
    "text": "String",
    "timestamp with time zone": "DateTime",
}
_MEANINGS = {
    "ne": "Another one, or null.",
    "not_in": "None of these, or null.",
    "null": "Whether it is null.",
}


@strawberry.type(description="A delivery of events.")
class Delivery:
    """The latest delivery that an answer includes."""

    delivery_id: str
    delivered_at: str


def attribute(name: str) -> str:
    """What an attribute of Python is called for a name that may be one of its own words."""
    return f"{name}_" if keyword.iskeyword(name) else name


def _comparison(data_type: str) -> Any:
    """The input type by which columns of a type are compared."""
    value = _TYPES[data_type]
    annotations: dict[str, Any] = {}
    members: dict[str, Any] = {"__annotations__": annotations}
    for operator in OPERATORS[data_type]:
        kind = bool if operator == "null" else value
        is_list = operator in ("in", "not_in")
        name = attribute(operator)
        annotations[name] = (list.__class_getitem__(kind) if is_list else kind) | None
        members[name] = strawberry.field(
            name=operator, default=strawberry.UNSET, description=_MEANINGS.get(operator)
        )
    made: Any = strawberry.input(
        type(f"{_NAMES[data_type]}Comparison", (), members),
        description="Comparisons that all hold.",
    )
    return made


_COMPARISONS = {data_type: _comparison(data_type) for data_type in OPERATORS}


def row_type(view: View) -> Any:
    """The type of a view's rows."""
    members: dict[str, Any] = {"__annotations__": {}}
    for column in view.columns:
        # whether a column can be null no contract says
        name = attribute(column.name)
        members["__annotations__"][name] = _TYPES[column.data_type] | None
        members[name] = strawberry.field(
            name=column.name, default=None, description=column.description
        )
    return strawberry.type(type(type_name(view), (), members), description=f"One {view.grain}.")


def page_type(view: View, row: Any) -> Any:
    """The type of an answer with rows of a view."""
    annotations = {
        "rows": list[row],
        "next_cursor": str | None,
        "changed": bool,
        "as_of_date": dt.date | None,
        "last_complete_date": dt.date | None,
        "delivery": Delivery | None,
        "sql": str,
    }
    descriptions = {
        "next_cursor": "Asks for the next page; null on the last one.",
        "changed": "Whether the data are others than on the first page.",
        "as_of_date": "The last date of all reports.",
        "last_complete_date": "The last date that is over.",
        "delivery": "The latest delivery of events that is in the rows.",
        "sql": "The query, to be run by hand.",
    }
    members: dict[str, Any] = {
        name: strawberry.field(description=text) for name, text in descriptions.items()
    }
    made = type(f"{type_name(view)}Page", (), {"__annotations__": annotations, **members})
    return strawberry.type(made, description=f"Rows of the view {view.name}.")


def where_type(view: View) -> Any:
    """The input type by which rows of a view are filtered."""
    members: dict[str, Any] = {"__annotations__": {}}
    for column in view.columns:
        name = attribute(column.name)
        members["__annotations__"][name] = _COMPARISONS[column.data_type] | None
        members[name] = strawberry.field(
            name=column.name, default=strawberry.UNSET, description=column.description
        )
    return strawberry.input(
        type(f"{type_name(view)}Where", (), members), description="Conditions that all hold."
    )


def type_name(view: View) -> str:
    """What GraphQL calls a view's rows."""
    return "".join(part.title() for part in view.name.split("_"))


def comparisons(where: object, columns: tuple[Column, ...]) -> list[tuple[str, str, object]]:
    """What a filter says: column, operator, value; null stands for what was left out."""
    found: list[tuple[str, str, object]] = []
    for column in columns:
        comparison = getattr(where, attribute(column.name), strawberry.UNSET)
        for operator in OPERATORS[column.data_type]:
            value = getattr(comparison, attribute(operator), strawberry.UNSET)
            if value is not strawberry.UNSET and value is not None:
                found.append((column.name, operator, value))
    return found
