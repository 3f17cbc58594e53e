"""POST /graphql, and GET /graphql for the schema as a text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import GraphQLError, parse
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from query.answers import Answer
from query.graphql.cost import check_cost
from query.graphql.schema import MAX_TOKENS, Asker, build_schema, refused
from query.metrics.answers import Metrics
from query.metrics.routes import as_json, read_json
from query.openapi import refusals
from query.service import Ask, Service
from serving.errors import HttpError, bad_request

PATH = "/graphql"


class _NotKeptError(Exception):
    """An answer that is not one of a state of the data, so that nobody may keep it."""

    def __init__(self, content: dict[str, Any]) -> None:
        super().__init__()
        self.content = content


def routes(service: Service, metrics: Metrics | None) -> list[BaseRoute]:
    """The routes of GraphQL."""
    settings = service.settings
    schema = build_schema(
        service.catalog,
        metrics,
        service.database,
        timeout=settings.query_timeout,
        max_rows=settings.max_rows,
    )
    described = schema.as_str()

    def defect(kind: str) -> None:
        service.log.write("error", "defect", kind=kind)

    async def describe(ask: Ask) -> Response:
        del ask
        return PlainTextResponse(described)

    async def answer(ask: Ask) -> Response:
        query, variables, name = _read(ask.body)

        async def compute() -> Answer:
            before = await service.state(ask.organisation)
            content = await _execute(
                schema, query, variables, name, Asker(ask.organisation, defect)
            )
            after = await service.state(ask.organisation)
            # Each field has been read for itself: only where no data came in between are all of
            # the same state.
            if "errors" in content or before.token != after.token:
                raise _NotKeptError(content)
            return Answer(as_json(content), "application/json", after)

        try:
            _check(query, variables, name)
            return await service.answer(ask, f"graphql {(query, variables, name)!r}", compute)
        except _NotKeptError as error:
            content = error.content
        except GraphQLError as error:
            content = {"data": None, "errors": [error.formatted]}
        except HttpError as error:
            content = {"data": None, "errors": [refused(error).formatted]}
        headers = {"Cache-Control": "no-store"}
        return Response(as_json(content), headers=headers, media_type="application/json")

    return [
        Route(PATH, service.endpoint(PATH, describe), methods=["GET"]),
        Route(PATH, service.endpoint(PATH, answer, takes_body=True), methods=["POST"]),
    ]


def _read(body: bytes) -> tuple[str, dict[str, Any], str | None]:
    """Query, variables and the operation's name; HttpError 400 where they are none."""
    given = read_json(body)
    if not isinstance(given, Mapping) or not isinstance(given.get("query"), str):
        raise bad_request(
            "invalid_question", "The body is a JSON object with query.", '{"query": "{ … }"}'
        )
    variables, name = given.get("variables"), given.get("operationName")
    if not isinstance(variables, Mapping | None):
        raise bad_request("invalid_question", "variables is an object.")
    if not isinstance(name, str | None):
        raise bad_request("invalid_question", "operationName is a text.")
    return given["query"], dict(variables or {}), name or None


def _check(query: str, variables: Mapping[str, Any], name: str | None) -> None:
    try:
        check_cost(parse(query, max_tokens=MAX_TOKENS), variables, name)
    except RecursionError:
        raise bad_request("too_costly", "The query is too deep.") from None


async def _execute(
    schema: strawberry.Schema,
    query: str,
    variables: dict[str, Any],
    name: str | None,
    asker: Asker,
) -> dict[str, Any]:
    result = await schema.execute(
        query, variable_values=variables, context_value=asker, operation_name=name
    )
    errors = [error.formatted for error in result.errors or ()]
    return {"data": result.data, **({"errors": errors} if errors else {})}


def paths(service: Service) -> Mapping[str, Any]:
    """What OpenAPI says of it."""
    del service
    body = {
        "type": "object",
        "required": ["query"],
        "properties": {
            "query": {"type": "string"},
            "variables": {"type": ["object", "null"]},
            "operationName": {"type": ["string", "null"]},
        },
    }
    example = (
        '{ daily_active_users(sort: ["-activity_date"], limit: 7) '
        "{ rows { activity_date dau wau mau } as_of_date sql } }"
    )
    answer = {"type": "object", "properties": {"data": {}, "errors": {"type": "array"}}}
    return {
        PATH: {
            "get": {
                "operationId": "graphql_schema",
                "tags": ["graphql"],
                "summary": "The schema, as GraphQL's own text.",
                "responses": {
                    "200": {
                        "description": "The schema.",
                        "content": {"text/plain": {"schema": {"type": "string"}}},
                    },
                    **refusals(),
                },
            },
            "post": {
                "operationId": "graphql",
                "tags": ["graphql"],
                "summary": "Several views and metrics in one request, by the names they have here.",
                "x-examples": [
                    {
                        "summary": "The last week, day by day",
                        "path": PATH,
                        "body": json.dumps({"query": example}),
                    }
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": body, "example": {"query": example}}
                    },
                },
                "responses": {
                    "200": {
                        "description": "Data, or errors as GraphQL has them.",
                        "content": {"application/json": {"schema": answer}},
                    },
                    "304": {"description": "Nothing is new since the answer whose ETag was sent."},
                    **refusals(),
                },
            },
        }
    }
