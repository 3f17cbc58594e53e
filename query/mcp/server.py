"""The tools by which assistants ask, as a server of the Model Context Protocol."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import BaseModel, ConfigDict, Field

from query.mcp.assistant import Assistant, for_model
from query.metrics.periods import GRAINS
from serving.errors import HttpError

_INSTRUCTIONS = """\
Numbers of a product, each defined once: its users, their activity, funnels, retention, churn,
sessions. Begin with list_definitions; describe says what a metric means and what it can be grouped
by. Prefer query_metrics; query_view reads the tables behind it. Never add up distinct users over
days or groups: ask for the longer period. Say which dates a number is of, and when the last period
is not over (incomplete). Whoever doubts a number gets it explained, with its SQL, by explain.
"""
_READS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
#: Finds whose data a call is about.
Organisation = Callable[["Context[Any, Any]"], str | None]


class _Part(BaseModel):
    """A part of a question; what it has besides is refused."""

    model_config = ConfigDict(extra="forbid")

    def given(self) -> dict[str, Any]:
        """What was really given."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class Time(_Part):
    """A range of dates."""

    start: str | None = Field(None, alias="from")
    to: str | None = None
    last: int | None = None
    grain: Literal["day", "week", "month", "quarter", "year"] | None = None
    running: bool | None = None


class Filter(_Part):
    """A condition."""

    field: str
    op: Literal[
        "eq", "ne", "in", "not_in", "lt", "lte", "gt", "gte", "null", "contains", "starts_with"
    ] = "eq"
    value: Any = None


_Metrics = Annotated[
    list[str] | None, Field(description="Names of metrics; or name a saved_query.")
]
_Saved = Annotated[
    str | None, Field(description="Name of a saved query, in place of metrics and group_by.")
]
_GroupBy = Annotated[
    list[str] | None,
    Field(
        description="Names as describe gives them; for time "
        + ", ".join(f"metric_time__{grain}" for grain in GRAINS)
        + "."
    ),
]
_When = Annotated[
    Time | None,
    Field(
        description='{"from": "2026-01-01", "to": "2026-03-31"}, both included, widened to whole '
        'periods; or {"last": 8, "grain": "week"}: the last 8 weeks that are over, with '
        '"running": true the one that is not as well. Left out: all dates.'
    ),
]
_Filters = Annotated[
    list[Filter] | None,
    Field(
        description='Conditions that all hold, such as {"field": "user_id__segment", "op": "eq", '
        '"value": "plan"}; op in and not_in take a list, null takes true or false.'
    ),
]
_Order = Annotated[
    list[str] | None, Field(description="Columns of the answer; a minus before one: descending.")
]
_Limit = Annotated[int | None, Field(description="Most rows, 1 to 1000; 100 unless given.")]


def build_server(assistant: Assistant, organisation: Organisation) -> MCPServer[Any]:
    """A server with its tools; ``organisation`` says whose data a call is about."""
    server: MCPServer[Any] = MCPServer(
        "event-analytics", instructions=_INSTRUCTIONS, log_level="WARNING"
    )

    @server.tool(annotations=_READS, structured_output=False)
    async def list_definitions(
        search: Annotated[str, Field(description="Words to look for; '' lists everything.")] = "",
    ) -> str:
        """List metrics, saved queries and views with what they mean."""
        return _compact(assistant.definitions(search))

    @server.tool(annotations=_READS, structured_output=False)
    async def describe(
        name: Annotated[str, Field(description="Of a metric, a saved query or a view.")],
    ) -> str:
        """Say all about one: formula, what it counts, what is left out, group-bys, columns."""
        return await _asked(_now(assistant.describe, name))

    @server.tool(annotations=_READS, structured_output=False)
    async def query_metrics(  # noqa: PLR0913 (one for each part of a question)
        context: Context[Any, Any],
        *,
        metrics: _Metrics = None,
        group_by: _GroupBy = None,
        time: _When = None,
        filters: _Filters = None,
        order_by: _Order = None,
        limit: _Limit = None,
        saved_query: _Saved = None,
    ) -> str:
        """Ask for numbers of metrics, by time and groups, with their SQL and completeness."""
        asked: dict[str, Any] = {
            "metrics": metrics,
            "group_by": group_by,
            "time": time and _without_null(time.given()),
            "filters": _all(filters),
            "order_by": order_by,
            "limit": limit,
            "saved_query": saved_query,
        }
        return await _asked(assistant.query_metrics(organisation(context), asked))

    @server.tool(annotations=_READS, structured_output=False)
    async def query_view(  # noqa: PLR0913 (as above)
        context: Context[Any, Any],
        *,
        view: Annotated[str, Field(description="Name of a view, as list_definitions gives it.")],
        select: Annotated[list[str] | None, Field(description="Columns; all unless given.")] = None,
        filters: _Filters = None,
        sort: _Order = None,
        limit: _Limit = None,
        cursor: Annotated[
            str | None, Field(description="next_cursor of the answer before, for more of the same.")
        ] = None,
    ) -> str:
        """Read rows of a view, with their SQL."""
        asked: dict[str, Any] = {
            "select": select,
            "filters": _all(filters),
            "sort": sort,
            "limit": limit,
            "cursor": cursor,
        }
        return await _asked(assistant.query_view(organisation(context), view, asked))

    @server.tool(annotations=_READS, structured_output=False)
    async def explain(  # noqa: PLR0913 (as above)
        context: Context[Any, Any],
        *,
        metrics: _Metrics = None,
        group_by: _GroupBy = None,
        time: _When = None,
        filters: _Filters = None,
        saved_query: _Saved = None,
        view: Annotated[str | None, Field(description="A view, in place of metrics.")] = None,
    ) -> str:
        """Explain a number: formula, dates, whether they are over, what is left out, SQL."""
        asked: dict[str, Any] = {
            "metrics": metrics,
            "group_by": group_by,
            "time": time and _without_null(time.given()),
            "filters": _all(filters),
            "saved_query": saved_query,
            "view": view,
        }
        return await _asked(assistant.explain(organisation(context), asked))

    return server


def _all(filters: list[Filter] | None) -> list[dict[str, Any]] | None:
    return None if filters is None else [one.given() for one in filters]


def _without_null(given: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if value is not None}


async def _now(found: Callable[[str], dict[str, Any]], name: str) -> dict[str, Any]:
    return found(name)


def _compact(answer: dict[str, Any]) -> str:
    """JSON without blanks, of which models read each."""
    return json.dumps(answer, separators=(",", ":"), ensure_ascii=False)


async def _asked(answer: Awaitable[dict[str, Any]]) -> str:
    """The answer, or the refusal in words that the model reads."""
    try:
        return _compact(await answer)
    except HttpError as error:
        raise ToolError(for_model(error)) from error
