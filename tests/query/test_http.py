"""What goes on around an answer: caches, limits, probes, logs."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.conftest import MakeDatabase
from tests.query.built import ODD_USERS, Built
from tests.query.conftest import StartServer
from tests.query.running import KEY, Api
from tests.support.servers import bearer

DAU = "/v1/reports/daily_active_users"
# so many rows that no machine counts them within a test
_ENDLESS = (
    "create or replace view analytics.signups as select date '2026-01-01' as signup_date, "
    "count(*) as signups from range(1000000) as a, range(1000000) as b"
)


def test_nothing_new_is_304_without_a_query(server: Api) -> None:
    first = server.get(DAU)
    computed = server.metric("query_answers_total", origin="computed")
    tag = first.headers["etag"]
    for known in (tag, f'"other", W/{tag}'):
        again = server.client.get(DAU, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    other = server.client.get(DAU, params={"limit": 3}, headers={"If-None-Match": tag})
    assert other.status_code == 200
    assert server.metric("query_answers_total", origin="computed") == computed + 1
    assert "private" in first.headers["cache-control"]
    assert first.headers["vary"] == "Accept, Authorization"


def test_the_same_question_is_computed_once(server: Api) -> None:
    server.get(DAU, limit=11)
    computed = server.metric("query_answers_total", origin="computed")
    cached = server.metric("query_answers_total", origin="cached")
    first, second = server.get(DAU, limit=11), server.get(DAU, limit=11)
    assert first.content == second.content
    assert server.metric("query_answers_total", origin="computed") == computed
    assert server.metric("query_answers_total", origin="cached") == cached + 2


def test_an_answer_says_of_what_data_it_is(server: Api, built: Built) -> None:
    answer = server.get(DAU)
    content = answer.json()
    [(as_of,)] = built.database.query("select max(activity_date) from analytics.daily_active_users")
    [(delivery,)] = built.database.query(
        "select delivery_id from raw.deliveries order by delivered_at desc limit 1"
    )
    assert content["as_of_date"] == answer.headers["as-of-date"] == as_of.isoformat()
    assert content["delivery"]["delivery_id"] == answer.headers["delivery-id"] == str(delivery)
    assert content["state"] == answer.headers["data-state"]


def test_whoever_has_no_token_learns_nothing(server: Api) -> None:
    for path in ("/v1/reports", DAU, "/v1/reports/no_such"):
        for headers in ({}, bearer("wrong"), {"Authorization": f"Basic {KEY}"}):
            answer = httpx.get(server.url + path, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"


def test_probes_page_and_description_need_no_token(server: Api) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/"):
        assert httpx.get(server.url + path).status_code == 200, path
    page = httpx.get(server.url + "/docs")
    assert "daily_active_users" in page.text
    assert "curl -H" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_the_log_has_no_data_and_no_token(server: Api) -> None:
    secret = ODD_USERS[3]
    server.get("/v1/reports/user_churn", user_id=secret)
    server.get("/v1/reports/user_churn", user_idd=secret)
    server.wait_until(
        lambda: server.lines("request")[-1]["status"] == 400, "the line of the request"
    )
    for line in server.log:
        assert secret not in str(line)
        assert KEY not in str(line)
    last = server.lines("request")[-1]
    assert set(last) == {
        *("time", "level", "message", "route", "status", "organisation", "source", "bytes"),
        "seconds",
    }
    assert last["route"] == "/v1/reports/{view}"


def test_a_key_may_ask_so_often_and_no_more(built: Built, start_server: StartServer) -> None:
    server = start_server(
        built, "--requests-per-second", "2", "--max-rows", "5", "--default-rows", "3"
    )
    answers = [server.get(DAU) for _ in range(12)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].json()["code"] == "rate_limited"
    assert refused[0].headers["retry-after"] == "1"
    server.wait_until(lambda: server.get(DAU).status_code == 200, "an answer, later")
    assert len(answers[0].json()["rows"]) == 3
    time.sleep(1)
    assert server.get(DAU, limit=6).json()["code"] == "bad_value"


@pytest.fixture
def slow(built: Built, make_database: MakeDatabase) -> Iterator[Built]:
    """A database one of whose views, signups, takes for ever."""
    if built.is_file:
        copy = built.copied(make_database)
        copy.database.execute(_ENDLESS)
        yield copy
        return
    with built.database.connect() as connection:
        connection.autocommit = False
        # which `lock table` would do to all that it reads as well
        connection.execute("alter view analytics.signups reset (security_barrier)")
        yield built


def test_what_takes_too_long_is_stopped_and_nobody_waits_for_it(
    slow: Built, start_server: StartServer
) -> None:
    server = start_server(slow, "--query-timeout", "1")
    answer = server.get("/v1/reports/signups")
    assert (answer.status_code, answer.json()["code"]) == (422, "too_slow")
    assert answer.elapsed.total_seconds() < 20
    assert server.get(DAU, limit=3).status_code == 200


def test_a_query_ends_when_its_client_goes(slow: Built, start_server: StartServer) -> None:
    options = ("--query-timeout", "3600", "--connections", "1")
    server = start_server(slow, *options)
    address = urlsplit(server.url)
    with socket.create_connection((str(address.hostname), address.port or 0)) as client:
        head = f"GET /v1/reports/signups HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\n"
        client.sendall(f"{head}\r\n".encode())
        server.wait_until(lambda: server.metric("query_running") == 1, "the query")
    server.wait_until(lambda: server.metric("query_running") == 0, "the end of the query")
    # the one connection that there is is free again
    assert server.get(DAU, limit=4).status_code == 200
    if not slow.is_file:
        waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        assert slow.database.query(waiting) == [(0,)]


def test_it_ends_well(built: Built, start_server: StartServer) -> None:
    server = start_server(built)
    assert server.stop() == 0
    assert server.lines("stopped")
    left = [path.name for path in built.database.directory.iterdir() if "-query-" in path.name]
    assert left == []
