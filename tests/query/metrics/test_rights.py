"""Whoever asks for metrics, by whatever way, is answered from their organisation's views alone."""

from __future__ import annotations

from typing import Any

from mcp.client import Client

from tests.query.built import Built
from tests.query.conftest import StartServer
from tests.query.metrics.asking import call, rows_of, view, with_tools
from tests.query.test_organisations import create
from tests.support.servers import bearer


def test_a_token_is_answered_from_its_organisation(built: Built, start_server: StartServer) -> None:
    tokens = {
        "analytics": create(built, "--scope", "query"),
        "analytics_acme": create(built, "--scope", "query", "--org", "acme"),
    }
    ingest = create(built, "--scope", "ingest")
    try:
        server = start_server(built, keys=())
        seen = []
        for schema, token in tokens.items():
            expected = view(built, f"select sum(signups) as signups from {schema}.signups")
            seen.append(expected)
            question = {"metrics": ["signups"]}
            headers = bearer(token)
            answer = server.client.post("/v1/metrics/query", json=question, headers=headers)
            assert answer.json()["rows"] == expected
            assert f'"{schema}"' in answer.json()["sql"]
            query = {"query": '{ metrics(metrics: ["signups"]) { rows } }'}
            content = server.client.post("/graphql", json=query, headers=headers).json()
            assert content["data"]["metrics"]["rows"] == expected
            by_tool = with_tools(server, _signups, token)
            assert rows_of(by_tool) == expected
        assert seen[0] != seen[1]
        # of what nobody built there it says so, and gives nobody else's
        headers = bearer(tokens["analytics_acme"])
        answer = server.client.post(
            "/v1/metrics/query", json={"metrics": ["known_users"]}, headers=headers
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "not_built")
        for path in ("/v1/metrics/query", "/graphql", "/mcp"):
            refused = server.client.post(path, json={}, headers=bearer(ingest))
            assert refused.status_code == 403, path
    finally:
        built.database.execute("drop table loader.tokens")


async def _signups(client: Client) -> dict[str, Any]:
    return await call(client, "query_metrics", metrics=["signups"])
