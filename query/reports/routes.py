"""``GET /v1/reports`` and ``GET /v1/reports/{view}``."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from query.answers import Answer
from query.catalog import View
from query.databases.base import State
from query.reports.formats import FORMATS, as_bytes, as_json, format_of
from query.reports.pages import fetch_page
from query.reports.question import Question, read_question
from query.service import Ask, Service
from serving.errors import json_response

LIST_PATH = "/v1/reports"


def routes(service: Service) -> list[BaseRoute]:
    """What the public views are asked by."""
    listed = {"reports": [describe(view) for view in service.catalog.views.values()]}

    async def list_views(ask: Ask) -> Response:
        del ask
        return json_response(listed)

    async def report(ask: Ask) -> Response:
        return await _report(service, ask)

    return [
        Route(LIST_PATH, service.endpoint(LIST_PATH, list_views)),
        Route(f"{LIST_PATH}/{{view}}", service.endpoint(f"{LIST_PATH}/{{view}}", report)),
    ]


def describe(view: View) -> dict[str, object]:
    """What a view is, as JSON."""
    return {
        "name": view.name,
        "area": view.area,
        "question": view.question,
        "grain": view.grain,
        "key": list(view.key),
        "description": view.description,
        "path": f"{LIST_PATH}/{view.name}",
        "columns": [
            {"name": column.name, "type": column.data_type, "description": column.description}
            for column in view.columns
        ],
    }


def state_as_json(state: State) -> dict[str, object]:
    """What an answer says of the data that it is of."""
    delivery = state.delivery
    return {
        "as_of_date": state.as_of_date.isoformat() if state.as_of_date else None,
        "delivery": None
        if delivery is None
        else {
            "delivery_id": str(delivery.delivery_id),
            "delivered_at": delivery.delivered_at.isoformat().replace("+00:00", "Z"),
        },
        "state": state.token,
    }


async def _report(service: Service, ask: Ask) -> Response:
    request = ask.request
    view = service.catalog.view(request.path_params["view"])
    given = request.query_params.multi_items()
    question = read_question(
        view,
        given,
        default_rows=service.settings.default_rows,
        max_rows=service.settings.max_rows,
    )
    chosen = format_of(request.query_params.get("format"), request.headers.get("accept", ""))
    compute = partial(_compute, service, ask.organisation, question, chosen, tuple(given))
    text = repr((question.subject, question.limit, question.cursor, chosen))
    return await service.answer(ask, text, compute)


async def _compute(
    service: Service,
    organisation: str | None,
    question: Question,
    chosen: str,
    given: tuple[tuple[str, str], ...],
) -> Answer:
    page = await fetch_page(
        service.database, organisation, question, timeout=service.settings.query_timeout
    )
    view, state = question.view, page.state
    headers = {"Data-Changed": "true"} if page.changed else {}
    if page.next_cursor is not None:
        headers["Next-Cursor"] = page.next_cursor
        others = [(name, text) for name, text in given if name != "cursor"]
        query = urlencode([*others, ("cursor", page.next_cursor)])
        headers["Link"] = f'<{LIST_PATH}/{view.name}?{query}>; rel="next"'
    if chosen == "json":
        about = {
            "report": view.name,
            **state_as_json(state),
            "sql": page.sql,
            "next_cursor": page.next_cursor,
            "changed": page.changed,
        }
        content = as_json(page.columns, page.rows, about)
    else:
        said = {"report": view.name, "state": state.token}
        if state.as_of_date is not None:
            said["as_of_date"] = state.as_of_date.isoformat()
        content = as_bytes(chosen, page.columns, page.rows, said)
    return Answer(content, FORMATS[chosen], state, headers)
