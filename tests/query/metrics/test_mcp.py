"""Assistants: the tools over both transports, asked with the protocol's own client."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters

from query.catalog import read_catalog
from tests.query.built import Built
from tests.query.metrics.asking import ask, by, call, rows_of, text_of, view, with_tools
from tests.query.running import KEY, Api
from tests.support.databases import REPOSITORY, Engine
from tests.support.run import process_environment
from tests.support.servers import bearer

TOOLS = {"list_definitions", "describe", "query_metrics", "query_view", "explain"}


def program(built: Built, *options: str) -> StdioServerParameters:
    """How an assistant starts `query mcp` on a database."""
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "query", "mcp", "--manifest", str(built.manifest), *built.options(), *options],
        env=dict(process_environment(built.database, built.asker())),
        cwd=REPOSITORY,
    )


def test_a_session_over_standard_input_and_output(built: Built) -> None:
    async def session() -> None:
        async with Client(program(built)) as client:
            tools = (await client.list_tools()).tools
            assert {tool.name for tool in tools} == TOOLS
            assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
            found = await call(client, "list_definitions", search="weekly active users")
            assert found["metrics"][0]["name"] == "active_users"
            answer = await call(
                client,
                "query_metrics",
                metrics=["active_users"],
                group_by=["metric_time__week"],
                time={"last": 3},
            )
            assert rows_of(answer) == view(
                built,
                "select period_start as metric_time__week, active_users from ("
                "select *, row_number() over (order by period_start desc) as place "
                "from analytics.active_users where period = 'week' and is_complete"
                ") as weeks where place <= 3 order by period_start",
            )

    asyncio.run(session())


def test_an_organisation_is_asked_with_its_own_rights(built: Built) -> None:
    async def session() -> None:
        async with Client(program(built, "--org", "acme")) as client:
            answer = await call(client, "query_metrics", metrics=["signups"])
            assert rows_of(answer) == view(
                built, "select sum(signups) as signups from analytics_acme.signups"
            )
            # built for nobody there
            result = await client.call_tool("query_view", {"view": "user_churn"})
            assert result.is_error
            assert "--org acme" in text_of(result)

    asyncio.run(session())


def test_all_that_is_listed_can_be_described(server: Api, built: Built) -> None:
    async def use(client: Client) -> None:
        listed = await call(client, "list_definitions")
        assert {one["name"] for one in listed["views"]} == set(read_catalog(built.manifest).views)
        names = [one["name"] for kind in listed.values() for one in kind]
        assert len(names) > 60
        for name in names:
            assert (await call(client, "describe", name=name))["name"] == name
        retention = await call(client, "describe", name="retention_rate")
        assert retention["formula"] == "cohort_returned_users / cohort_users"
        assert retention["must_group_by_or_filter"] == ["cell__retention", "cell__period_number"]
        assert retention["made_of"][0]["only_rows_where"] == ["cell__is_complete"]
        assert "**Formula.**" in retention["definitions"]["cohort_retention"]

    with_tools(server, use)


def test_rows_of_a_view_page_by_page(server: Api) -> None:
    asked = {
        "view": "funnel_users",
        "select": ["funnel", "user_id", "step"],
        "filters": [{"field": "step", "op": "in", "value": [1, 2]}],
        "sort": ["-step"],
        "limit": 7,
    }

    async def use(client: Client) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = await call(client, "query_view", **asked, cursor=cursor)
            rows += rows_of(page)
            cursor = page["next_cursor"]
            if cursor is None:
                return rows

    rows = with_tools(server, use)
    assert len(rows) > 14
    assert (
        rows
        == server.report(
            "funnel_users", step__in="1,2", sort="-step", select="funnel,user_id,step"
        )["rows"]
    )


def test_a_number_is_explained(server: Api, built: Built) -> None:
    asked = {"metrics": ["stickiness"], "group_by": ["metric_time__week"], "time": {"last": 2}}

    async def use(client: Client) -> tuple[dict[str, Any], dict[str, Any]]:
        explained = await call(client, "explain", **asked)
        shown = await call(client, "explain", view="churn_summary")
        return explained, shown

    explained, shown = with_tools(server, use)
    (metric,) = explained["metrics"]
    assert metric["formula"] == "dau / mau"
    assert [part["aggregation"] for part in metric["made_of"]] == ["avg(dau)", "avg(mau)"] or [
        part["aggregation"] for part in metric["made_of"]
    ] == ["average(dau)", "average(mau)"]
    assert explained["dates"]["is_over"] is True
    assert explained["dates"]["by"] == "week"
    assert "**Formula.**" in explained["definitions"]["daily_active_users"]
    answer = ask(server, **asked)
    assert explained["last_complete_date"] == answer["last_complete_date"]
    assert by(view(built, explained["sql"]), "metric_time__week") == {
        key: pytest.approx(row) for key, row in by(answer["rows"], "metric_time__week").items()
    }
    assert shown["one_row_is"] == "churn status"
    assert "churn_summary" in shown["sql"]


HINTS: list[tuple[str, dict[str, Any], str]] = [
    ("describe", {"name": "retension_rate"}, "'retention_rate'"),
    ("query_metrics", {"metrics": ["weekly_users"]}, "active_users"),
    ("query_metrics", {"metrics": ["dau"], "group_by": ["week"]}, "metric_time__week"),
    ("query_metrics", {"metrics": ["retention_rate"]}, "Group by cell__retention"),
    ("query_metrics", {"metrics": ["dau"], "limit": 5_000}, "1000"),
    ("query_metrics", {"metrics": ["dau"], "time": {"since": "2026-01-01"}}, "since"),
    ("query_metrics", {"metrics": ["dau"], "time": {"from": "January"}}, "YYYY-MM-DD"),
    ("query_view", {"view": "daily_active_user"}, "'daily_active_users'"),
    ("query_view", {"view": "signups", "sort": ["date"]}, "signup_date"),
    (
        "query_view",
        {"view": "signups", "filters": [{"field": "signups", "op": "gt", "value": "many"}]},
        "whole number",
    ),
    ("explain", {}, "metrics"),
]


def test_refusals_let_a_model_correct_itself(servers: Callable[[Engine], Api]) -> None:
    async def use(client: Client) -> None:
        for tool, arguments, hint in HINTS:
            result = await client.call_tool(tool, arguments)
            assert result.is_error, (tool, arguments)
            assert hint in text_of(result), (tool, arguments, text_of(result))

    with_tools(servers("duckdb"), use)


def test_a_running_week_is_said_to_be_one(server: Api) -> None:
    async def use(client: Client) -> dict[str, Any]:
        return await call(
            client,
            "query_metrics",
            metrics=["signups"],
            group_by=["metric_time__week"],
            time={"last": 2, "running": True},
        )

    answer = with_tools(server, use)
    assert answer["incomplete"][0] in answer["note"]
    assert "Not over yet" in answer["note"]


def test_nobody_is_let_in_without_a_token(servers: Callable[[Engine], Api]) -> None:
    server = servers("duckdb")
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for headers in ({}, bearer("another"), bearer(KEY[:-1])):
        answer = httpx.post(f"{server.url}/mcp", json=body, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
