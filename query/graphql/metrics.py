"""Metrics as a field of GraphQL: the question of POST /v1/metrics/query, and its answer."""

from __future__ import annotations

import datetime as dt
from typing import Any

import strawberry
from strawberry.scalars import JSON

from query.graphql.types import Delivery
from query.metrics.answers import Answered, Metrics, known_delivery
from query.metrics.question import parse_question


@strawberry.input(description="From and to, or the last periods that are over.")
class MetricTime:
    """A range of dates."""

    from_: dt.date | None = strawberry.field(default=None, name="from")
    to: dt.date | None = None
    last: int | None = strawberry.field(default=None, description="So many periods that are over.")
    grain: str | None = strawberry.field(
        default=None, description="day, week, month, quarter or year; of last."
    )
    running: bool | None = strawberry.field(
        default=None, description="With the period that is not over; of last."
    )


@strawberry.input(description="A condition on what metrics can be grouped by.")
class MetricFilter:
    """A condition."""

    field: str
    op: str = "eq"
    value: JSON | None = strawberry.UNSET


@strawberry.type(description="A column of an answer.")
class MetricColumn:
    """A column: its kind is time, dimension or metric."""

    name: str
    kind: str
    type: str
    label: str


@strawberry.type(description="Numbers of metrics, and what they include.")
class MetricAnswer:
    """An answer."""

    columns: list[MetricColumn]
    rows: JSON = strawberry.field(description="A list of objects, by the names of the columns.")
    truncated: bool = strawberry.field(description="Whether there are more rows than limit.")
    as_of_date: dt.date | None
    last_complete_date: dt.date | None
    is_complete: bool
    incomplete: list[dt.date] = strawberry.field(description="Periods that are not over.")
    delivery: Delivery | None
    sql: str


async def answer_metrics(
    metrics: Metrics, organisation: str | None, asked: dict[str, Any]
) -> MetricAnswer:
    """Answer a question, whose parts are as GraphQL has them; HttpError where it is wrong."""
    time, filters = asked.pop("time"), asked.pop("filters")
    given = {key: value for key, value in asked.items() if value is not None}
    if time is not None:
        parts = {
            "from": time.from_ and time.from_.isoformat(),
            "to": time.to and time.to.isoformat(),
            "last": time.last,
            "grain": time.grain,
            "running": time.running,
        }
        given["time"] = {key: value for key, value in parts.items() if value is not None}
    if filters is not None:
        given["filters"] = [_filter(one) for one in filters]
    return _answer(await metrics.answer(organisation, parse_question(given)))


def _filter(one: MetricFilter) -> dict[str, Any]:
    value = {} if one.value is strawberry.UNSET else {"value": one.value}
    return {"field": one.field, "op": one.op, **value}


def _answer(found: Answered) -> MetricAnswer:
    content = found.content()
    delivery = known_delivery(found.state)
    return MetricAnswer(
        columns=[MetricColumn(**column) for column in content["columns"]],
        rows=content["rows"],
        truncated=found.truncated,
        as_of_date=found.state.as_of_date,
        last_complete_date=found.last_complete_date,
        is_complete=found.is_complete(),
        incomplete=[dt.date.fromisoformat(start) for start in found.incomplete()],
        delivery=None if delivery is None else Delivery(**delivery),
        sql=content["sql"],
    )
