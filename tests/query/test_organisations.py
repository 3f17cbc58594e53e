"""Tokens, JWTs and organisations: each is answered from its own schemas, by its own role."""

from __future__ import annotations

import time
from collections.abc import Iterator

import jwt
import pytest

from tests.query.built import Built
from tests.query.conftest import StartServer
from tests.query.running import Api
from tests.support.run import run_collector
from tests.support.servers import bearer

SECRET = "a-secret-of-the-tests-that-is-long-enough"  # noqa: S105 (of the tests)
SIGNUPS = "/v1/reports/signups"


def create(built: Built, *options: str) -> str:
    """Create a token, which the server's user may look up."""
    role = () if built.is_file else ("--loader-role", built.role("asker"))
    made = run_collector("token", "create", *options, *role, database=built.database, check=True)
    return made.stdout.strip()


@pytest.fixture
def with_tokens(built: Built, start_server: StartServer) -> Iterator[tuple[Api, dict[str, str]]]:
    """A server that goes by stored tokens and JWTs, and some tokens."""
    tokens = {
        "default": create(built, "--scope", "query"),
        "acme": create(built, "--scope", "query", "--org", "acme"),
        "ingest": create(built, "--scope", "ingest"),
    }
    yield start_server(built, "--jwt-secret", SECRET, keys=()), tokens
    built.database.execute("drop table loader.tokens")


def signups(server: Api, token: str) -> int:
    answer = server.client.get(SIGNUPS, headers=bearer(token))
    assert answer.status_code == 200, answer.text
    return sum(row["signups"] for row in answer.json()["rows"])


def status(server: Api, token: str, path: str = SIGNUPS) -> tuple[int, str]:
    answer = server.client.get(path, headers=bearer(token))
    return answer.status_code, answer.json().get("code", "")


def expected(built: Built, schema: str) -> int:
    [(number,)] = built.database.query(f"select sum(signups) from {schema}.signups")
    return int(number)


def signed(**claims: object) -> str:
    return jwt.encode({"exp": time.time() + 60, "sub": "somebody", **claims}, SECRET)


def test_each_token_is_answered_from_its_organisation(
    built: Built, with_tokens: tuple[Api, dict[str, str]]
) -> None:
    server, tokens = with_tokens
    ours, theirs = expected(built, "analytics"), expected(built, "analytics_acme")
    assert ours != theirs
    assert signups(server, tokens["default"]) == ours
    assert signups(server, tokens["acme"]) == theirs
    assert signups(server, signed(scope="query")) == ours
    assert signups(server, signed(scope="ingest query", org="acme")) == theirs
    # the same question in the cache is another organisation's
    tag = server.client.get(SIGNUPS, headers=bearer(tokens["acme"])).headers["etag"]
    headers = {**bearer(tokens["default"]), "If-None-Match": tag}
    assert server.client.get(SIGNUPS, headers=headers).status_code == 200


def test_a_cursor_of_another_organisation_leads_to_ones_own_rows(
    with_tokens: tuple[Api, dict[str, str]],
) -> None:
    server, tokens = with_tokens
    first = server.client.get(
        SIGNUPS, params={"limit": 1}, headers=bearer(tokens["default"])
    ).json()
    mine = server.client.get(SIGNUPS, headers=bearer(tokens["acme"])).json()["rows"]
    parameters = {"limit": 1000, "cursor": first["next_cursor"]}
    found = server.client.get(SIGNUPS, params=parameters, headers=bearer(tokens["acme"])).json()
    assert all(row in mine for row in found["rows"])
    assert found["changed"] is True


def test_what_is_no_right_to_ask_is_refused(
    built: Built, with_tokens: tuple[Api, dict[str, str]]
) -> None:
    server, tokens = with_tokens
    assert status(server, tokens["ingest"]) == (403, "forbidden")
    assert status(server, signed(scope="ingest")) == (403, "forbidden")
    assert status(server, signed(scope="query", org="globex")) == (403, "forbidden")
    assert status(server, signed(scope="query", exp=time.time() - 3600)) == (401, "unauthorized")
    assert status(server, tokens["default"][:-1]) == (401, "unauthorized")
    # built for the default schemas, not for this organisation
    code = status(server, tokens["acme"], "/v1/reports/daily_active_users")
    assert code == (409, "not_built")
    known = run_collector("token", "list", "--json", database=built.database, check=True).json()
    acme = next(one["token_id"] for one in known if one["organisation"] == "acme")
    run_collector("token", "revoke", acme, database=built.database, check=True)
    server.wait_until(
        lambda: status(server, tokens["acme"]) == (401, "unauthorized"), "the revocation"
    )
    assert status(server, tokens["default"])[0] == 200


def test_postgres_itself_keeps_the_servers_user_from_all_else(
    built: Built, start_server: StartServer
) -> None:
    if built.is_file:
        pytest.skip("a DuckDB file has no users")
    asker = built.asker()
    with built.database.log_in(asker["PGUSER"], asker["PGPASSWORD"]) as connection:
        connection.execute(f'set role "{built.role("reader")}"')
        for statement in (
            "select * from raw.events",
            "select * from analytics_acme.signups",
            "create table analytics.mine as select 1 as one",
            "delete from analytics_intermediate.kept_deliveries",
        ):
            with pytest.raises(Exception, match="permission denied"):
                connection.execute(statement.encode())
    # a view that readers may no longer read
    reader = built.role("reader")
    built.database.execute(f'revoke select on analytics.stickiness from "{reader}"')
    try:
        server = start_server(built)
        answer = server.get("/v1/reports/stickiness")
        assert (answer.status_code, answer.json()["code"]) == (409, "not_granted")
        assert "EVENTS_READER_ROLES" in answer.json()["detail"]
    finally:
        built.database.execute(f'grant select on analytics.stickiness to "{reader}"')
