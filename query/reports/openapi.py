"""What OpenAPI says of the views: a path for each, with a parameter for each comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from query.catalog import Column, View
from query.openapi import refusals
from query.reports.examples import EXAMPLES
from query.reports.formats import FORMATS
from query.reports.question import OPERATORS
from query.reports.routes import LIST_PATH
from query.service import Service
from query.settings import Settings

_SCHEMAS: dict[str, dict[str, Any]] = {
    "bigint": {"type": "integer", "format": "int64", "minimum": -(2**63), "maximum": 2**63 - 1},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "double precision": {
        "type": "number",
        "format": "double",
        "minimum": -1.7976931348623157e308,
        "maximum": 1.7976931348623157e308,
    },
    # whatever PostgreSQL takes for one
    "text": {"type": "string", "pattern": "^[^\\u0000]*$"},
    "timestamp with time zone": {"type": "string", "format": "date-time"},
}
# of a list between commas
_BARE = {"type": "string", "pattern": '^[^\\u0000,"]*$'}
_MEANINGS = {
    "eq": "the same as {0}",
    "ne": "{0} is another one, or null",
    "in": "{0} is one of these; a text with a comma stands in double quotes",
    "not_in": "{0} is none of these, or null; a text with a comma stands in double quotes",
    "null": "whether {0} is null",
    "lt": "{0} is less, or earlier",
    "lte": "{0} is no more, or no later",
    "gt": "{0} is more, or later",
    "gte": "{0} is no less, or no earlier",
    "contains": "{0} has this in it",
    "starts_with": "{0} begins so",
}
_STATE: dict[str, Any] = {
    "as_of_date": {
        "type": ["string", "null"],
        "format": "date",
        "description": "The last date of all reports.",
    },
    "delivery": {
        "type": ["object", "null"],
        "description": "The latest delivery of events that is in the rows.",
        "properties": {
            "delivery_id": {"type": "string", "format": "uuid"},
            "delivered_at": {"type": "string", "format": "date-time"},
        },
    },
    "state": {"type": "string", "description": "Changes whenever an answer could."},
}


def paths(service: Service) -> Mapping[str, Any]:
    """The paths of the list of views, and of each view."""
    views = service.catalog.views.values()
    listed: dict[str, Any] = {
        "get": {
            "operationId": "list_reports",
            "tags": ["reports"],
            "summary": "All views: question, grain, columns.",
            "responses": {
                "200": {
                    "description": "The views.",
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["reports"],
                                "properties": {
                                    "reports": {"type": "array", "items": {"type": "object"}}
                                },
                            }
                        }
                    },
                },
                **refusals(),
            },
        }
    }
    found: dict[str, Any] = {LIST_PATH: listed}
    for view in views:
        found[f"{LIST_PATH}/{view.name}"] = {"get": _operation(view, service.settings)}
    return found


def _operation(view: View, settings: Settings) -> dict[str, Any]:
    examples = [
        {"summary": summary, "path": f"{LIST_PATH}/{view.name}?{query}"}
        for summary, query in EXAMPLES.get(view.name, ())
    ]
    found: dict[str, Any] = {
        "operationId": f"report_{view.name}",
        "tags": [view.area],
        "summary": view.question or view.name,
        "description": f"One row per {view.grain}.\n\n{view.description}",
        "parameters": [*_filters(view), *_own(view, settings)],
        "responses": {"200": _success(view), "304": _UNCHANGED, **refusals(_NO_FORMAT)},
    }
    return {**found, "x-examples": examples} if examples else found


_UNCHANGED = {"description": "Nothing is new since the answer whose ETag was sent."}
_NO_FORMAT = ("406", "There is no format that Accept names.")


def _filters(view: View) -> Iterator[dict[str, Any]]:
    for column in view.columns:
        for operator in OPERATORS[column.data_type]:
            yield _parameter(view, column, operator)


def _parameter(view: View, column: Column, operator: str) -> dict[str, Any]:
    schema = _SCHEMAS[column.data_type]
    more: dict[str, Any] = {}
    if operator in ("in", "not_in"):
        items = _BARE if column.data_type == "text" else schema
        schema = {"type": "array", "items": items, "minItems": 1, "maxItems": 1000}
        more = {"style": "form", "explode": False}
    elif operator == "null":
        schema = {"type": "boolean"}
    is_plain = operator == "eq"
    meaning = column.description if is_plain else _MEANINGS[operator].format(column.name)
    found: dict[str, Any] = {
        "name": column.name if is_plain else f"{column.name}__{operator}",
        "in": "query",
        "description": meaning,
        "schema": schema,
        **more,
    }
    for summary, query in EXAMPLES.get(view.name, ()):
        for name, value in parse_qsl(query):
            if name == found["name"]:
                found["examples"] = {operator: {"summary": summary, "value": _typed(value, schema)}}
    return found


def _typed(value: str, schema: Mapping[str, Any]) -> Any:
    """A value as JSON has it."""
    kinds: dict[str, Callable[[str], Any]] = {
        "array": lambda text: text.split(","),
        "integer": int,
        "number": float,
        "boolean": lambda text: text == "true",
    }
    return kinds.get(schema["type"], str)(value)


def _own(view: View, settings: Settings) -> list[dict[str, Any]]:
    names = "|".join(column.name for column in view.columns)
    order = ", ".join(view.key) or "all columns"
    return [
        {
            "name": "select",
            "in": "query",
            "description": "Columns, between commas; else all.",
            "schema": {"type": "string", "pattern": f"^({names})(,({names}))*$"},
        },
        {
            "name": "sort",
            "in": "query",
            "description": f"Columns, between commas, a minus before one that goes down; null "
            f"comes last. What is equal then is ordered by {order}.",
            "schema": {"type": "string", "pattern": f"^-?({names})(,-?({names}))*$"},
        },
        {
            "name": "limit",
            "in": "query",
            "description": "Most rows of a page.",
            "schema": {
                "type": "integer",
                "minimum": 1,
                "maximum": settings.max_rows,
                "default": settings.default_rows,
            },
        },
        {
            "name": "cursor",
            "in": "query",
            "description": "next_cursor of the page before, all else as it was.",
            "schema": {"type": "string"},
        },
        {
            "name": "format",
            "in": "query",
            "description": "The same by the header Accept.",
            "schema": {"type": "string", "enum": list(FORMATS)},
        },
    ]


def _success(view: View) -> dict[str, Any]:
    row = {
        "type": "object",
        "properties": {
            column.name: {
                "description": column.description,
                "anyOf": [_SCHEMAS[column.data_type], {"type": "null"}],
            }
            for column in view.columns
        },
        "additionalProperties": False,
    }
    answer = {
        "type": "object",
        "required": ["report", "rows", "next_cursor", "changed", "sql", *_STATE],
        "properties": {
            "report": {"const": view.name},
            **_STATE,
            "sql": {"type": "string", "description": "The query that gave these rows."},
            "next_cursor": {
                "type": ["string", "null"],
                "description": "Where the next page begins; null on the last one.",
            },
            "changed": {
                "type": "boolean",
                "description": "Whether the data changed since the first page.",
            },
            "rows": {"type": "array", "items": row},
        },
    }
    content: dict[str, Any] = {"application/json": {"schema": answer}}
    for name, media in FORMATS.items():
        if name != "json":
            content[media.partition(";")[0]] = {"schema": {"type": "string"}}
    return {
        "description": "The rows. ETag, As-Of-Date, Data-State and Delivery-Id say of what data; "
        "Next-Cursor and Link where the next page begins.",
        "content": content,
    }
