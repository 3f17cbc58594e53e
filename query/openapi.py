"""The description of the API in OpenAPI's words (version 3.1), made from what may be asked."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from query.catalog import Catalog

_INTRODUCTION = """\
Every public view of the dbt models, and nothing that is not in them. An answer says of which
state of the data it is: as_of_date, the latest delivery of events, and a token that
changes with the data.
Errors are JSON with code, message and detail, and name what was probably meant.
"""
_ERROR = {
    "type": "object",
    "required": ["code", "message", "detail"],
    "properties": {name: {"type": "string"} for name in ("code", "message", "detail")},
}
_REFUSALS = {
    "400": "A parameter is none, or its value is none of its type.",
    "401": "There is no token, or it is not valid.",
    "403": "The token lacks the scope query, or its organisation does not exist.",
    "409": "The view is not built, or may not be read; says what to run.",
    "422": "It takes too long, or too much memory.",
    "429": "Too many requests of this token.",
    "503": "The database cannot be used at the moment, or too much comes at once.",
}


def refusals(*further: tuple[str, str]) -> dict[str, Any]:
    """The answers of every route that are no success, and further ones (status, meaning)."""
    found = {**_REFUSALS, **dict(further)}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        status: {"description": meaning, "content": content}
        for status, meaning in sorted(found.items())
    }


def describe(paths: Mapping[str, Any], catalog: Catalog) -> dict[str, Any]:
    """The whole description, as JSON."""
    probe = {"application/json": {"schema": {"type": "object"}}}
    own = {
        "/healthz": {
            "get": {
                "operationId": "healthz",
                "summary": "Whether the server runs.",
                "security": [],
                "responses": {"200": {"description": "It does.", "content": probe}},
            }
        },
        "/readyz": {
            "get": {
                "operationId": "readyz",
                "summary": "Whether the database can be asked.",
                "security": [],
                "responses": {
                    "200": {"description": "It can.", "content": probe},
                    "503": {"description": "It cannot.", "content": probe},
                },
            }
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Event Analytics: answers",
            "version": _version(),
            "summary": f"{len(catalog.views)} views",
            "description": _INTRODUCTION,
        },
        "security": [{"token": []}],
        "paths": {**paths, **own},
        "components": {
            "schemas": {"Error": _ERROR},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Of query token create --scope query, or a JWT.",
                }
            },
        },
    }


def _version() -> str:
    try:
        return version("dbt-event-analytics")
    except PackageNotFoundError:
        return "0"
