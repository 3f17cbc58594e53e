"""Metrics over HTTP: POST /v1/metrics/query, and what may be asked there."""

from __future__ import annotations

import json

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from query.answers import Answer
from query.metrics.answers import Metrics
from query.metrics.describe import brief, brief_query, in_full
from query.metrics.question import parse_question
from query.service import Ask, Service
from serving.errors import bad_request, json_response

LIST_PATH = "/v1/metrics"
QUERY_PATH = f"{LIST_PATH}/query"


def routes(service: Service, metrics: Metrics) -> list[BaseRoute]:
    """The routes of metrics."""

    async def listed(ask: Ask) -> Response:
        del ask
        layer = metrics.layer
        return json_response(
            {
                "metrics": [brief(one) for one in layer.metrics.values()],
                "saved_queries": [brief_query(one) for one in layer.saved_queries.values()],
            }
        )

    async def described(ask: Ask) -> Response:
        name = ask.request.path_params["metric"]
        return json_response(in_full(metrics.layer, metrics.layer.metric(name, status=404)))

    async def answered(ask: Ask) -> Response:
        question = parse_question(read_json(ask.body))

        async def compute() -> Answer:
            found = await metrics.answer(ask.organisation, question)
            return Answer(as_json(found.content()), "application/json", found.state)

        return await service.answer(ask, f"metrics {question!r}", compute)

    one = f"{LIST_PATH}/{{metric}}"
    return [
        Route(LIST_PATH, service.endpoint(LIST_PATH, listed), methods=["GET"]),
        Route(
            QUERY_PATH, service.endpoint(QUERY_PATH, answered, takes_body=True), methods=["POST"]
        ),
        Route(one, service.endpoint(one, described), methods=["GET"]),
    ]


def read_json(body: bytes) -> object:
    """A body as JSON; HttpError 400 where it is none."""
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise bad_request("invalid_json", "The body is no JSON.", str(error)[:200]) from error
    return found


def as_json(content: object) -> bytes:
    """JSON as ASCII."""
    return json.dumps(content, separators=(",", ":")).encode()
