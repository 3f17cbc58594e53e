"""Questions in all the ways in which they can be asked, with answers that can be compared."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from decimal import Decimal
from typing import Any

import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from tests.query.built import Built
from tests.query.running import KEY, Api
from tests.support.servers import bearer

Rows = list[dict[str, Any]]


def ask(server: Api, **question: Any) -> dict[str, Any]:
    """The answer of POST /v1/metrics/query, which has to be a success."""
    answer = server.client.post("/v1/metrics/query", json=question)
    assert answer.status_code == 200, f"{question}: {answer.text}"
    found: dict[str, Any] = answer.json()
    return found


def graphql(server: Api, query: str, **variables: Any) -> dict[str, Any]:
    """The data of a query in GraphQL, which has to have no errors."""
    content = graphql_answer(server, query, **variables)
    assert "errors" not in content, content
    found: dict[str, Any] = content["data"]
    return found


def graphql_answer(server: Api, query: str, **variables: Any) -> dict[str, Any]:
    """Data and errors of a query in GraphQL."""
    body = {"query": query, "variables": variables}
    answer = server.client.post("/graphql", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def with_tools(
    server: Api, use: Callable[[Client], Coroutine[Any, Any, Any]], token: str = KEY
) -> Any:
    """What comes of using a server's tools over HTTP."""

    async def run() -> Any:
        async with (
            httpx2.AsyncClient(headers=bearer(token), timeout=60) as http,
            Client(streamable_http_client(f"{server.url}/mcp", http_client=http)) as client,
        ):
            return await use(client)

    return asyncio.run(run())


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """What a tool answers, which has to be no error."""
    result = await client.call_tool(tool, arguments)
    text = text_of(result)
    assert not result.is_error, text
    found: dict[str, Any] = json.loads(text)
    return found


def text_of(result: Any) -> str:
    """The text of a tool's answer."""
    (content,) = result.content
    text: str = content.text
    return text


def rows_of(answer: Mapping[str, Any]) -> Rows:
    """The rows of a tool's answer, by column."""
    return [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]


def view(built: Built, sql: str) -> Rows:
    """Rows that the database itself gives, with dates as JSON has them."""
    connection = built.database.connect()
    try:
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description]
        return [
            {name: _plain(value) for name, value in zip(names, row, strict=True)}
            for row in cursor.fetchall()
        ]
    finally:
        connection.close()


def _plain(value: Any) -> Any:
    if hasattr(value, "date") and callable(value.date):
        return value.date().isoformat()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def by(rows: Sequence[Mapping[str, Any]], *names: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Rows by the columns that tell them apart."""
    found = {tuple(row[name] for name in names): dict(row) for row in rows}
    assert len(found) == len(rows)
    return found
