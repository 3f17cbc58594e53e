"""POST /v1/metrics/query: numbers as the views have them, and refusals that help."""

from __future__ import annotations

from typing import Any

import pytest

from query.metrics.openapi import EXAMPLES
from tests.query.built import ODD_USERS, Built
from tests.query.metrics.asking import ask, by, view
from tests.query.running import Api

DAY = "metric_time__day"
WEEK = "metric_time__week"


def test_by_day_each_metric_is_its_view(server: Api, built: Built) -> None:
    metrics = ["active_users", "dau", "wau", "mau", "stickiness", "signups", "sessions"]
    answer = ask(server, metrics=metrics, group_by=[DAY])
    expected = view(
        built,
        f"""
        select
            activity_date as {DAY}, dau as active_users, dau, wau, mau, stickiness,
            coalesce(signups.signups, 0) as signups, sessions.sessions as sessions
        from analytics.daily_active_users
        left join analytics.signups on signup_date = activity_date
        left join analytics.daily_sessions as sessions on session_date = activity_date
        """,
    )
    assert len(expected) > 30
    assert by(answer["rows"], DAY) == {
        key: pytest.approx(row) for key, row in by(expected, DAY).items()
    }
    assert [column["name"] for column in answer["columns"]] == [DAY, *metrics]


def test_all_metrics_are_answered_for_who_is_a_reader_and_nothing_else(server: Api) -> None:
    listed = server.get("/v1/metrics").json()
    assert len(listed["metrics"]) > 35
    for metric in listed["metrics"]:
        about = server.get(f"/v1/metrics/{metric['name']}").json()
        answer = ask(server, metrics=[metric["name"]], group_by=about["must_group_by_or_filter"])
        assert metric["name"] in answer["columns"][-1]["name"]
        assert answer["as_of_date"] is not None
        # whatever it can be grouped by, alone or with what must not be mixed
        for field in about["group_by"]:
            names = field.get("periods", [field["name"]])
            needed = {*about["must_group_by_or_filter"], *field.get("must_group_by_or_filter", ())}
            group_by = [*dict.fromkeys([*sorted(needed), names[0]])]
            ask(server, metrics=[metric["name"]], group_by=group_by, limit=3)


@pytest.mark.parametrize("question", EXAMPLES.values(), ids=list(EXAMPLES))
def test_the_questions_to_copy_can_be_asked(server: Api, question: dict[str, Any]) -> None:
    ask(server, **question)


def test_saved_queries_are_their_metrics(server: Api) -> None:
    saved = server.get("/v1/metrics").json()["saved_queries"]
    assert len(saved) >= 5
    for one in saved:
        answer = ask(server, saved_query=one["name"])
        assert answer["rows"], one["name"]
        by_name = ask(server, metrics=one["metrics"], group_by=one["group_by"])
        assert answer["rows"] == by_name["rows"]


def test_a_user_counts_once_in_a_period_of_any_length(server: Api, built: Built) -> None:
    for period in ("week", "month"):
        name = f"metric_time__{period}"
        answer = ask(server, metrics=["active_users"], group_by=[name])
        expected = view(
            built,
            f"select period_start as {name}, active_users from analytics.active_users "
            f"where period = '{period}'",
        )
        assert by(answer["rows"], name) == by(expected, name)
    [(everybody,)] = built.database.query("select sum(users) from analytics.churn_summary")
    assert ask(server, metrics=["active_users"])["rows"] == [{"active_users": int(everybody)}]


def test_the_last_periods_are_those_that_are_over(server: Api, built: Built) -> None:
    over = [
        row["period_start"]
        for row in view(
            built,
            "select period_start from analytics.active_users where period = 'week' "
            "and is_complete order by period_start",
        )
    ]
    asked: dict[str, Any] = {"metrics": ["active_users"], "group_by": [WEEK]}
    answer = ask(server, **asked, time={"last": 2})
    assert [row[WEEK] for row in answer["rows"]] == over[-2:]
    assert (answer["is_complete"], answer["incomplete"]) == (True, [])
    running = ask(server, **asked, time={"last": 2, "grain": "week", "running": True})
    assert running["rows"][0][WEEK] == over[-1]
    assert running["incomplete"] == [row[WEEK] for row in running["rows"]][1:] != []
    assert not running["is_complete"]
    assert running["last_complete_date"] < running["as_of_date"] <= running["time"]["to"]


def test_dates_are_widened_to_whole_periods(server: Api) -> None:
    asked: dict[str, Any] = {"metrics": ["active_users", "signups"], "group_by": [WEEK]}
    whole = ask(server, **asked, time={"from": "2026-01-12", "to": "2026-01-25"})
    part = ask(server, **asked, time={"from": "2026-01-14", "to": "2026-01-19"})
    assert part["time"] == {"from": "2026-01-12", "to": "2026-01-25", "grain": "week"}
    assert part["rows"] == whole["rows"]
    assert [row[WEEK] for row in part["rows"]] == ["2026-01-12", "2026-01-19"]
    since = ask(server, **asked, time={"from": "2026-01-19"})
    until = ask(server, **asked, time={"to": "2026-01-18"})
    assert [*until["rows"], *since["rows"]] == ask(server, **asked)["rows"]


FILTERS: list[tuple[str, Any, str]] = [
    ("eq", 2, "step = 2"),
    ("ne", 2, "step <> 2"),
    ("in", [1, 3], "step in (1, 3)"),
    ("not_in", [1, 3], "step not in (1, 3)"),
    ("lt", 2, "step < 2"),
    ("lte", 2, "step <= 2"),
    ("gt", 1, "step > 1"),
    ("gte", 3, "step >= 3"),
    ("null", False, "step is not null"),
    ("null", True, "step is null"),
]


@pytest.mark.parametrize(("operation", "value", "sql"), FILTERS)
def test_filters_are_those_of_sql(
    server: Api, built: Built, operation: str, value: object, sql: str
) -> None:
    answer = ask(
        server,
        metrics=["funnel_users"],
        group_by=["entry__funnel", "entry__step"],
        filters=[{"field": "entry__step", "op": operation, "value": value}],
    )
    expected = view(
        built,
        "select funnel as entry__funnel, step as entry__step, sum(users) as funnel_users "
        f"from analytics.funnel_conversion_daily where {sql} group by funnel, step",
    )
    names = ("entry__funnel", "entry__step")
    assert by(answer["rows"], *names) == by(expected, *names)


def test_a_value_is_a_value_whatever_is_in_it(server: Api) -> None:
    odd = (*ODD_USERS, "{{ Dimension('x') }}", "qa_value_0_", "qa_relations.r0_", "%(x)s", "\\'")
    for user in odd:
        answer = ask(
            server,
            metrics=["active_users"],
            group_by=["user_id"],
            filters=[
                {"field": "user_id", "op": "eq", "value": user},
                {"field": "user_id", "op": "in", "value": [user, "nobody"]},
            ],
        )
        expected = [{"user_id": user, "active_users": 1}] if user in ODD_USERS else []
        assert answer["rows"] == expected, user


def test_the_sql_of_an_answer_gives_it(server: Api, built: Built) -> None:
    questions: list[dict[str, Any]] = [
        {"saved_query": "product_overview_by_week"},
        {
            "metrics": ["active_users"],
            "group_by": [WEEK, "user_id"],
            "filters": [
                {"field": "user_id", "op": "in", "value": list(ODD_USERS)},
                *(
                    {"field": "user_id", "op": "ne", "value": f"no-{number}"}
                    for number in range(12)
                ),
            ],
        },
    ]
    for question in questions:
        answer = ask(server, **question)
        assert answer["rows"]
        names = [column["name"] for column in answer["columns"] if column["kind"] != "metric"]
        expected = by(view(built, answer["sql"]), *names)
        assert by(answer["rows"], *names) == {
            key: pytest.approx(row) for key, row in expected.items()
        }


def test_order_and_limit(server: Api) -> None:
    asked: dict[str, Any] = {"metrics": ["dau", "quick_ratio"], "group_by": [WEEK]}
    weeks = ask(server, **asked)["rows"]
    assert [row[WEEK] for row in weeks] == sorted(row[WEEK] for row in weeks)
    descending = ask(server, **asked, order_by=["-metric_time"], limit=2)
    assert descending["rows"] == weeks[:-3:-1]
    assert descending["truncated"]
    assert not ask(server, **asked, limit=len(weeks))["truncated"]
    for order in ("quick_ratio", "-quick_ratio"):
        values = [row["quick_ratio"] for row in ask(server, **asked, order_by=[order])["rows"]]
        known = [value for value in values if value is not None]
        assert values == [*known, *[None] * (len(values) - len(known))]
        assert known == sorted(known, reverse=order.startswith("-"))
        assert None in values


WRONG: list[tuple[object, str, str]] = [
    ([], "invalid_question", "JSON object"),
    ({}, "invalid_question", "either metrics or a saved_query"),
    ({"metrics": ["dua"]}, "unknown_metric", "'dau'"),
    ({"metric": ["dau"]}, "unknown_key", "'metrics'"),
    ({"metrics": ["dau"], "where": "1 = 1"}, "unknown_key", "filters"),
    ({"metrics": ["dau"], "group_by": ["metric_time__weak"]}, "unknown_group", "__week'"),
    ({"metrics": ["dau"], "group_by": ["user_id__churn_status"]}, "unknown_group", "metric_time"),
    ({"metrics": ["dau"], "group_by": [WEEK, DAY]}, "invalid_question", "one period"),
    ({"metrics": ["dau"], "group_by": [WEEK, WEEK]}, "invalid_question", "twice"),
    ({"metrics": ["dau"], "limit": 0}, "invalid_question", "1 to 10000"),
    ({"metrics": ["dau"], "limit": True}, "invalid_question", "1 to 10000"),
    ({"metrics": ["dau"], "order_by": ["wau"]}, "unknown_column", "dau"),
    ({"metrics": ["dau"], "time": {"from": "yesterday"}}, "invalid_question", "YYYY-MM-DD"),
    (
        {"metrics": ["dau"], "time": {"from": "2026-02-01", "to": "2026-01-01"}},
        "invalid_question",
        "before",
    ),
    ({"metrics": ["dau"], "time": {"last": 2, "grain": "weeks"}}, "unknown_grain", "'week'"),
    ({"saved_query": "retention_triangel"}, "unknown_saved_query", "'retention_triangle'"),
    ({"saved_query": "churn_by_week", "group_by": [WEEK]}, "invalid_question", "its own group_by"),
    ({"metrics": ["retention_rate"]}, "would_mix", "cell__retention and cell__period_number"),
    (
        {"metrics": ["active_users"], "group_by": ["user_id__segment_value"]},
        "would_mix",
        "user_id__segment",
    ),
    (
        {
            "metrics": ["sessions"],
            "filters": [
                {"field": "user_id__segment", "op": "in", "value": ["first_app", "latest_app"]}
            ],
        },
        "would_mix",
        "user_id__segment",
    ),
    (
        {"metrics": ["dau"], "filters": [{"field": DAY, "op": "gte", "value": "2026-01-01"}]},
        "invalid_filter",
        "time",
    ),
    (
        {"metrics": ["events"], "filters": [{"field": "event__name", "value": "reply"}]},
        "unknown_field",
        "'event__event_name'",
    ),
    (
        {"metrics": ["events"], "filters": [{"field": "event__event_name", "value": 1}]},
        "invalid_filter",
        "quotes",
    ),
    (
        {
            "metrics": ["events"],
            "filters": [{"field": "event__event_name", "op": "like", "value": "%"}],
        },
        "unknown_operation",
        "eq",
    ),
    (
        {
            "metrics": ["funnel_users"],
            "group_by": ["entry__funnel", "entry__step"],
            "filters": [{"field": "entry__step", "value": 10**30}],
        },
        "invalid_filter",
        "too large",
    ),
]


@pytest.mark.parametrize(("question", "code", "hint"), WRONG)
def test_what_is_wrong_is_said_with_what_could_be_meant(
    servers: Any, question: object, code: str, hint: str
) -> None:
    server: Api = servers("duckdb")
    answer = server.client.post("/v1/metrics/query", json=question)
    content = answer.json()
    assert (answer.status_code, content["code"]) == (400, code), content
    assert hint in f"{content['message']} {content['detail']}"


def test_a_body_that_is_no_json_is_refused(servers: Any) -> None:
    server: Api = servers("duckdb")
    for body in (b"", b"{", b"\xff", b"[" * 100_000):
        answer = server.client.post("/v1/metrics/query", content=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")
    answer = server.get("/v1/metrics/retention_rat")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_metric")
    assert "'retention_rate'" in answer.json()["message"]


def test_nothing_new_is_304_for_the_same_question(server: Api) -> None:
    question = {"metrics": ["signups"], "group_by": [WEEK]}
    first = server.client.post("/v1/metrics/query", json=question)
    headers = {"If-None-Match": first.headers["etag"]}
    again = server.client.post("/v1/metrics/query", json=question, headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    other = {**question, "limit": 2}
    answer = server.client.post("/v1/metrics/query", json=other, headers=headers)
    assert (answer.status_code, len(answer.json()["rows"])) == (200, 2)
