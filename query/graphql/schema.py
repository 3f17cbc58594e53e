"""The schema: a field for each view, and one for metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions import MaskErrors, MaxTokensLimiter, QueryDepthLimiter
from strawberry.tools import create_type
from strawberry.types import Info
from strawberry.types.execution import ExecutionContext
from strawberry.types.nodes import FragmentSpread, InlineFragment, SelectedField

from query.catalog import Catalog, View
from query.databases.base import Database
from query.graphql.cost import DEFAULT_ROWS, MAX_DEPTH
from query.graphql.metrics import MetricAnswer, MetricFilter, MetricTime, answer_metrics
from query.graphql.types import (
    CONFIG,
    Delivery,
    attribute,
    comparisons,
    page_type,
    row_type,
    where_type,
)
from query.metrics.answers import Metrics, complete_until, known_delivery
from query.reports.pages import Page, fetch_page
from query.reports.parameters import as_list, as_parameter
from query.reports.question import read_question
from serving.errors import HttpError

#: Tokens of a query: what people write has some hundreds.
MAX_TOKENS = 2_000


@dataclass(frozen=True, slots=True)
class Asker:
    """Whose data a query is about, and what hears of defects."""

    organisation: str | None
    defect: Callable[[str], None]


class _Schema(strawberry.Schema):
    """Says of a defect only its kind: its text could hold somebody's data."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Tell the asker's log."""
        context = execution_context.context if execution_context is not None else None
        for error in errors:
            cause = error.original_error
            if isinstance(context, Asker) and _is_defect(error):
                context.defect(type(cause).__name__)


def _is_defect(error: GraphQLError) -> bool:
    cause = error.original_error
    return cause is not None and not isinstance(cause, HttpError | GraphQLError)


def build_schema(
    catalog: Catalog, metrics: Metrics | None, database: Database, *, timeout: float, max_rows: int
) -> strawberry.Schema:
    """The schema of what may be asked. Execute it with an `Asker` for its context."""
    fields = [
        _view_field(view, database, timeout=timeout, max_rows=max_rows)
        for view in catalog.views.values()
    ]
    if metrics is not None:
        fields.append(_metrics_field(metrics))
    return _Schema(
        query=create_type("Query", fields, description="Public views, and metrics over them."),
        config=CONFIG,
        extensions=[
            lambda: QueryDepthLimiter(max_depth=MAX_DEPTH),
            lambda: MaxTokensLimiter(max_token_count=MAX_TOKENS),
            lambda: MaskErrors(should_mask_error=_is_defect, error_message="The server failed."),
        ],
    )


def _view_field(view: View, database: Database, *, timeout: float, max_rows: int) -> Any:
    row, where_input = row_type(view), where_type(view)
    page = page_type(view, row)

    async def resolve(
        info: Any, where: Any = None, sort: Any = None, limit: Any = None, cursor: Any = None
    ) -> Any:
        asker: Asker = info.context
        selected = _selected([one for field in info.selected_fields for one in field.selections])
        given = [as_parameter(*one) for one in comparisons(where, view.columns)]
        given += as_list("select", [name for name in selected if view.has(name)])
        given += as_list("sort", sort)
        given.append(("limit", str(DEFAULT_ROWS if limit is None else limit)))
        if cursor:
            given.append(("cursor", cursor))
        try:
            question = read_question(view, given, default_rows=1, max_rows=max_rows)
            found = await fetch_page(database, asker.organisation, question, timeout=timeout)
        except HttpError as error:
            raise refused(error) from error
        return _page(found, page, row)

    resolve.__annotations__ = {
        "info": Info,
        "where": where_input | None,
        "sort": list[str] | None,
        "limit": int | None,
        "cursor": str | None,
        "return": page,
    }
    description = f"{view.question}\n\n{view.description}".strip()
    field: Any = strawberry.field(resolver=resolve, description=description)
    field.python_name = field.graphql_name = view.name
    return field


def _metrics_field(known: Metrics) -> Any:
    async def resolve(  # noqa: PLR0913 (the arguments of the field)
        info: Info,
        *,
        metrics: list[str] | None = None,
        saved_query: str | None = None,
        group_by: list[str] | None = None,
        time: MetricTime | None = None,
        filters: list[MetricFilter] | None = None,
        order_by: list[str] | None = None,
        limit: int = DEFAULT_ROWS,
    ) -> MetricAnswer:
        asker: Asker = info.context
        asked = {
            "metrics": metrics,
            "saved_query": saved_query,
            "group_by": group_by,
            "time": time,
            "filters": filters,
            "order_by": order_by,
            "limit": limit,
        }
        try:
            return await answer_metrics(known, asker.organisation, asked)
        except HttpError as error:
            raise refused(error) from error

    field: Any = strawberry.field(
        resolver=resolve,
        description="Numbers of metrics; GET /v1/metrics lists them and what groups them.",
    )
    field.python_name = field.graphql_name = "metrics"
    return field


def refused(error: HttpError) -> GraphQLError:
    """A refusal as GraphQL has it."""
    return GraphQLError(
        f"{error.message} {error.detail}".strip(),
        extensions={"code": error.code, "status": error.status},
    )


def _selected(fields: list[Any]) -> list[str]:
    """The columns that are selected of rows, wherever fragments stand in between."""
    found: list[str] = []
    for one in fields:
        if isinstance(one, FragmentSpread | InlineFragment):
            found += _selected(one.selections)
        elif one.name == "rows":
            found += _names(one.selections)
    return found


def _names(fields: list[Any]) -> list[str]:
    found: list[str] = []
    for one in fields:
        if isinstance(one, SelectedField):
            found.append(one.name)
        else:
            found += _names(one.selections)
    return found


def _page(found: Page, page: Any, row: Any) -> Any:
    names = [attribute(column.name) for column in found.columns]
    delivery = known_delivery(found.state)
    return page(
        rows=[row(**dict(zip(names, values, strict=True))) for values in found.rows],
        next_cursor=found.next_cursor,
        changed=found.changed,
        as_of_date=found.state.as_of_date,
        last_complete_date=complete_until(found.state),
        delivery=None if delivery is None else Delivery(**delivery),
        sql=found.sql,
    )
