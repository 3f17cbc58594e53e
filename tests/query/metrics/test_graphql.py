"""GraphQL: the views' own rows by their own names, and no more of them than is reasonable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from query.catalog import read_catalog
from query.graphql.cost import MAX_QUERIES
from tests.query.built import ODD_USERS, Built
from tests.query.metrics.asking import graphql, graphql_answer
from tests.query.running import Api
from tests.support.databases import Engine

_INSTANT = "timestamp with time zone"


def test_every_view_is_what_it_is_over_http(server: Api, built: Built) -> None:
    views = read_catalog(built.manifest).views
    for view in views.values():
        names = [column.name for column in view.columns]
        query = f"{{ {view.name}(limit: 500) {{ rows {{ {' '.join(names)} }} next_cursor sql }} }}"
        page = graphql(server, query)[view.name]
        expected = server.report(view.name, limit=500)
        instants = [column.name for column in view.columns if column.data_type == _INSTANT]
        for row in page["rows"]:
            for name in instants:
                row[name] = row[name] and row[name].replace("+00:00", "Z")
        assert page["rows"] == expected["rows"], view.name
        assert (page["next_cursor"] is None) == (expected["next_cursor"] is None)


def test_filters_sort_and_pages(server: Api) -> None:
    query = """
        query ($cursor: String, $where: FunnelUsersWhere) {
            funnel_users(where: $where, sort: ["-seconds_from_previous"], limit: 5, cursor: $cursor)
            { rows { ...step } next_cursor changed as_of_date delivery { delivery_id } }
        }
        fragment step on FunnelUsers { funnel user_id step }
    """
    where = {"step": {"in": [1, 2]}, "user_id": {"not_in": list(ODD_USERS)}}
    rows: list[dict[str, Any]] = []
    cursor = None
    for _ in range(100):
        page = graphql(server, query, where=where, cursor=cursor)["funnel_users"]
        rows += page["rows"]
        cursor = page["next_cursor"]
        assert not page["changed"]
        if cursor is None:
            break
    expected = server.report(
        "funnel_users",
        step__in="1,2",
        user_id__not_in=",".join('"' + user.replace('"', '""') + '"' for user in ODD_USERS),
        sort="-seconds_from_previous",
        select="funnel,user_id,step",
    )
    assert len(rows) > 10
    assert rows == expected["rows"]
    assert page["as_of_date"] == expected["as_of_date"]
    assert page["delivery"]["delivery_id"] == expected["delivery"]["delivery_id"]


def test_only_what_is_asked_for_is_selected(server: Api) -> None:
    query = "{ daily_active_users(limit: 1) { rows { dau } sql } }"
    sql = graphql(server, query)["daily_active_users"]["sql"]
    assert '"dau"' in sql
    assert '"mau"' not in sql


def test_several_parts_in_one_request(server: Api) -> None:
    data = graphql(
        server,
        """{
            week: active_users(where: {period: {eq: "week"}}, limit: 1) { rows { active_users } }
            month: active_users(where: {period: {eq: "month"}}, limit: 1) { rows { active_users } }
            metrics(metrics: ["active_users"], group_by: ["metric_time__week"], limit: 1) { rows }
        }""",
    )
    assert data["metrics"]["rows"][0]["active_users"] == data["week"]["rows"][0]["active_users"]
    assert data["month"]["rows"][0]["active_users"] >= data["week"]["rows"][0]["active_users"]


NESTED = "{ __schema { types { fields { type { fields { type { name } } } } } } }"
_ALL = "rows { user_id session_id started_at ended_at events duration_seconds }"
COSTLY = {
    "rows": f"{{ sessions(limit: 50000) {{ {_ALL} }} }}",
    "rows_by_variable": f"query ($limit: Int) {{ sessions(limit: $limit) {{ {_ALL} }} }}",
    "parts": "{ " + " ".join(f"a{n}: signups {{ sql }}" for n in range(MAX_QUERIES + 1)) + " }",
    "parts_of_a_fragment": "{ ...a ...a } fragment a on Query { "
    + " ".join(f"a{n}: signups {{ sql }}" for n in range(MAX_QUERIES - 1))
    + " }",
    "depth": "{ sessions { rows " + "{ a " * 30 + "}" * 30 + " } }",
    "great_depth": "{ a " + "{ a " * 900 + "}" * 901,
    "fragments_of_fragments": "{ signups { rows { ...f0 } } } "
    + " ".join(f"fragment f{n} on Signups {{ ...f{n + 1} ...f{n + 1} }}" for n in range(60))
    + " fragment f60 on Signups { signups }",
    "a_fragment_of_itself": "{ signups { rows { ...a } } } fragment a on Signups { ...a }",
    "length": "{ signups { rows { " + "signups " * 2_500 + "} } }",
}


def test_nothing_new_is_304_for_the_same_query(server: Api) -> None:
    query = "{ daily_active_users(limit: 3) { rows { activity_date dau } } event_catalog { sql } }"
    first = server.client.post("/graphql", json={"query": query})
    assert (
        first.headers["as-of-date"] == server.get("/v1/reports/event_catalog").headers["as-of-date"]
    )
    known = {"If-None-Match": first.headers["etag"]}
    again = server.client.post("/graphql", json={"query": query}, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    wider = {"query": query.replace("3", "4")}
    other = server.client.post("/graphql", json=wider, headers=known)
    assert other.status_code == 200
    assert other.headers["etag"] != first.headers["etag"]


def test_an_answer_with_errors_is_nobodys_to_keep(server: Api) -> None:
    query = '{ daily_active_users(where: {dau: {in: []}}, cursor: "none") { rows { dau } } }'
    answer = server.client.post("/graphql", json={"query": query})
    assert answer.json()["errors"]
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


@pytest.mark.parametrize("query", COSTLY.values(), ids=list(COSTLY))
def test_what_costs_too_much_is_refused_before_it_is_asked(
    servers: Callable[[Engine], Api], query: str
) -> None:
    answer = graphql_answer(servers("duckdb"), query, limit=50_000)
    assert answer["data"] is None
    (error,) = answer["errors"]
    assert "too " in error["message"] or "tokens" in error["message"], error


WRONG = [
    ("{ signup { sql } }", "signups"),
    ("{ signups { rows { signup } } }", "signups"),
    ('{ signups(sort: ["signup"]) { sql } }', "'signups'"),
    ('{ signups(where: {signups: {gt: "1"}}) { sql } }', "BigInt"),
    ("{ signups(where: {signups: {gt: 9223372036854775808}}) { sql } }", "64 bits"),
    ('{ signups(where: {signup_date: {eq: "tomorrow"}}) { sql } }', "Date"),
    ('{ signups(cursor: "x") { sql } }', "cursor"),
    ("{ signups(limit: 0) { sql } }", "limit"),
    ('{ metrics(metrics: ["dua"]) { rows } }', "'dau'"),
    ('{ metrics(metrics: ["retention_rate"]) { rows } }', "cell__retention"),
    ("mutation { signups { sql } }", "mutation"),
    ("{", "Syntax"),
]


@pytest.mark.parametrize(("query", "hint"), WRONG)
def test_what_is_wrong_is_said_with_what_could_be_meant(
    servers: Callable[[Engine], Api], query: str, hint: str
) -> None:
    answer = graphql_answer(servers("duckdb"), query)
    assert any(hint in error["message"] for error in answer["errors"]), answer


def test_the_schema_describes_itself(servers: Callable[[Engine], Api], built: Built) -> None:
    server = servers("duckdb")
    text = server.get("/graphql").text
    for name in read_catalog(built.manifest).views:
        assert f"  {name}(" in text
    assert graphql(server, NESTED)["__schema"]["types"]
    assert server.client.post("/graphql", headers={"Authorization": ""}).status_code == 401


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    where=st.dictionaries(
        st.sampled_from(["funnel", "user_id", "step", "reached_at", "seconds_from_previous", "x"]),
        st.dictionaries(
            st.sampled_from(["eq", "ne", "in", "lt", "null", "contains", "like"]),
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(max_size=10)
            | st.lists(st.text(max_size=3), max_size=3),
            max_size=2,
        ),
        max_size=3,
    ),
    sort=st.none() | st.lists(st.sampled_from(["step", "-user_id", "", "-", "nobody"]), max_size=3),
)
def test_no_input_makes_the_server_fail(
    engine: Engine, servers: Callable[[Engine], Api], where: object, sort: object
) -> None:
    server = servers(engine)
    query = (
        "query ($where: FunnelUsersWhere, $sort: [String!]) "
        "{ funnel_users(where: $where, sort: $sort, limit: 3) { rows { user_id step } } }"
    )
    answer = graphql_answer(server, query, where=where, sort=sort)
    for error in answer.get("errors", ()):
        assert error["message"] != "The server failed.", answer
    assert not server.lines("defect")
