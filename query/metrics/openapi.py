"""What OpenAPI says of metrics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from query.metrics.layer import Layer
from query.metrics.periods import GRAINS
from query.metrics.question import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    MAX_PERIODS,
    OPERATIONS,
)
from query.metrics.routes import LIST_PATH, QUERY_PATH
from query.openapi import refusals

#: Questions to copy, by what they answer; tests ask each of them.
EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "Weekly active users by first app, the last 8 weeks that are over": {
        "metrics": ["active_users"],
        "group_by": ["metric_time__week", "user_id__segment_value"],
        "filters": [{"field": "user_id__segment", "op": "eq", "value": "first_app"}],
        "time": {"last": 8, "grain": "week"},
    },
    "A funnel by segment": {
        "metrics": ["funnel_step_users"],
        "group_by": [
            "progress__funnel",
            "progress__step",
            "user_id__segment",
            "user_id__segment_value",
        ],
    },
    "A retention triangle": {"saved_query": "retention_triangle", "limit": 10_000},
    "Daily active users, signups and stickiness of March 2019": {
        "metrics": ["dau", "signups", "stickiness"],
        "group_by": ["metric_time__day"],
        "time": {"from": "2019-03-01", "to": "2019-03-31"},
    },
    "Which events are most frequent": {
        "metrics": ["events", "event_users"],
        "group_by": ["event__event_name"],
        "order_by": ["-events"],
        "limit": 10,
    },
}

_DATE = {"type": "string", "format": "date"}
_TIME = {
    "description": "From and to, both included, widened to whole periods; or the last periods.",
    "oneOf": [
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {"from": _DATE, "to": _DATE},
        },
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["last"],
            "properties": {
                "last": {"type": "integer", "minimum": 1, "maximum": MAX_PERIODS},
                "grain": {"enum": list(GRAINS)},
                "running": {
                    "type": "boolean",
                    "description": "Whether the period that is not over is one of them.",
                },
            },
        },
    ],
}
_FILTER = {
    "type": "object",
    "additionalProperties": False,
    "required": ["field"],
    "properties": {
        "field": {"type": "string"},
        "op": {"enum": list(OPERATIONS), "default": "eq"},
        "value": {"description": "A list for in and not_in, true or false for null."},
    },
}


def paths(layer: Layer) -> Mapping[str, Any]:
    """The paths of metrics."""
    name = {
        "name": "metric",
        "in": "path",
        "required": True,
        "description": "Its name, as GET /v1/metrics lists it.",
        "schema": {"type": "string", "enum": [*layer.metrics]},
    }
    return {
        LIST_PATH: {
            "get": {
                "operationId": "list_metrics",
                "tags": ["metrics"],
                "summary": "All metrics and saved queries: what they count, and their formulas.",
                "responses": {"200": _object("The metrics."), **refusals()},
            }
        },
        f"{LIST_PATH}/{{metric}}": {
            "get": {
                "operationId": "describe_metric",
                "tags": ["metrics"],
                "summary": "A metric: what it is made of, what groups it, what is left out.",
                "parameters": [name],
                "responses": {
                    "200": _object("The metric."),
                    **refusals(("404", "There is no such metric; names the nearest one.")),
                },
            }
        },
        QUERY_PATH: {
            "post": {
                "operationId": "query_metrics",
                "tags": ["metrics"],
                "summary": "Metrics over time and by groups: custom aggregations.",
                "x-examples": [
                    {"summary": summary, "path": QUERY_PATH, "body": json.dumps(asked)}
                    for summary, asked in EXAMPLES.items()
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": _question(layer),
                            "examples": {
                                summary: {"summary": summary, "value": dict(asked)}
                                for summary, asked in EXAMPLES.items()
                            },
                        }
                    },
                },
                "responses": {
                    "200": _object("Rows, the SQL that gave them, and what they include."),
                    "304": {"description": "Nothing is new since the answer whose ETag was sent."},
                    **refusals(),
                },
            }
        },
    }


def _question(layer: Layer) -> dict[str, Any]:
    names = {
        "type": "array",
        "items": {"type": "string"},
        "maxItems": 50,
        "uniqueItems": True,
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "description": "Names metrics or a saved_query, which has its own group_by.",
        "oneOf": [{"required": ["metrics"]}, {"required": ["saved_query"]}],
        "properties": {
            "metrics": {**names, "items": {"enum": [*layer.metrics]}, "minItems": 1},
            "saved_query": {"enum": [*layer.saved_queries]},
            "group_by": names,
            "time": _TIME,
            "filters": {"type": "array", "items": _FILTER, "maxItems": 50},
            "order_by": names,
            "limit": {
                "type": "integer",
                "minimum": 1,
                "maximum": MAX_LIMIT,
                "default": DEFAULT_LIMIT,
            },
        },
    }


def _object(meaning: str) -> dict[str, Any]:
    return {
        "description": meaning,
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
