"""What the views say, whole and in parts, in every format."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from pyarrow import ipc, parquet

from query.catalog import Catalog, read_catalog
from query.reports.examples import EXAMPLES
from tests.query.built import ODD_USERS, Built
from tests.query.running import Api

FUNNEL = "question_to_feedback"


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def catalog(built: Built) -> Catalog:
    return read_catalog(built.manifest)


def test_every_view_is_what_select_gives_page_by_page(server: Api, built: Built) -> None:
    views = catalog(built).views
    assert len(views) >= 25
    for name in views:
        expected = [
            tuple(map(plain, row))
            for row in built.database.query(f"select * from analytics.{name}")
        ]
        pages = list(server.pages(name, limit=max(1, len(expected) // 3)))
        found = [tuple(row.values()) for page in pages for row in page["rows"]]
        assert sorted(found, key=repr) == sorted(expected, key=repr), name
        assert len(pages) >= min(3, len(expected)), name
        assert {page["changed"] for page in pages} == {False}


def test_views_of_people_have_rows_in_this_database(server: Api) -> None:
    empty = [
        view["name"]
        for view in server.get("/v1/reports").json()["reports"]
        if not server.rows(view["name"], limit=1)
    ]
    assert empty in (["user_identities"], [])


def test_every_format_has_the_same_rows(server: Api) -> None:
    for view in ("funnel_users", "active_users", "day_1_retention", "event_catalog"):
        expected = server.rows(view)
        answers = {
            name: server.get(f"/v1/reports/{view}", format=name)
            for name in ("csv", "arrow", "parquet")
        }
        tables = [
            ipc.open_stream(answers["arrow"].content).read_all(),
            parquet.read_table(io.BytesIO(answers["parquet"].content)),
        ]
        for table in tables:
            rows = [tuple(map(plain, row.values())) for row in table.to_pylist()]
            assert rows == expected
        header, *lines = csv.reader(io.StringIO(answers["csv"].text))
        assert header == list(server.report(view)["rows"][0])
        assert len(lines) == len(expected)


def test_csv_tells_an_empty_text_from_null(server: Api) -> None:
    answer = server.get(
        "/v1/reports/funnel_conversion",
        funnel=FUNNEL,
        select="step_name,conversion_from_previous",
        format="csv",
        limit=1,
    )
    assert answer.text.splitlines() == [
        '"step_name","conversion_from_previous"',
        '"reply_request",',
    ]


def test_a_format_may_be_named_by_accept(server: Api) -> None:
    def media(accept: str) -> tuple[int, str]:
        answer = server.client.get("/v1/reports/signups", headers={"Accept": accept})
        return answer.status_code, answer.headers["content-type"].partition(";")[0]

    assert media("text/csv") == (200, "text/csv")
    assert media("text/html, */*;q=0.1") == (200, "application/json")
    assert media("application/json;q=0.1, application/vnd.apache.parquet") == (
        200,
        "application/vnd.apache.parquet",
    )
    assert media("image/png") == (406, "application/json")


FILTERS = [
    ("step", "2", "step = 2"),
    ("step__ne", "2", "step is null or step <> 2"),
    ("step__in", "1,3", "step in (1, 3)"),
    ("step__not_in", "1,3", "step is null or step not in (1, 3)"),
    ("step__lt", "2", "step < 2"),
    ("step__gte", "2", "step >= 2"),
    ("seconds_from_previous__null", "true", "seconds_from_previous is null"),
    ("seconds_from_previous__null", "false", "seconds_from_previous is not null"),
    (
        "seconds_from_previous__ne",
        "1",
        "seconds_from_previous is null or seconds_from_previous <> 1",
    ),
    ("seconds_from_previous__gt", "86400.5", "seconds_from_previous > 86400.5"),
    ("reached_at__lt", "2026-01-20", "reached_at < timestamptz '2026-01-20 00:00:00+00'"),
    (
        "reached_at__gte",
        "2026-01-20T02:00:00+02:00",
        "reached_at >= timestamptz '2026-01-20 00:00:00+00'",
    ),
    ("user_id__starts_with", "us-1", "user_id like 'us-1%'"),
    ("user_id__contains", "-1", "user_id like '%-1%'"),
    ("funnel", "no such funnel", "false"),
]


@pytest.mark.parametrize(
    ("name", "value", "where"), FILTERS, ids=[f"{n}={v}" for n, v, _ in FILTERS]
)
def test_a_filter_keeps_what_sql_keeps(
    server: Api, built: Built, name: str, value: str, where: str
) -> None:
    expected = built.database.query(f"select * from analytics.funnel_users where {where}")
    found = server.rows("funnel_users", **{name: value})
    assert sorted(found, key=repr) == sorted((tuple(map(plain, row)) for row in expected), key=repr)
    if name != "funnel":
        assert expected, "the case shows something"


@pytest.mark.parametrize("user", ODD_USERS)
def test_any_text_may_be_asked_for_and_is_nothing_but_a_text(server: Api, user: str) -> None:
    assert [row[0] for row in server.rows("user_churn", user_id=user)] == [user]
    others = {row[0] for row in server.rows("user_churn", user_id__ne=user)}
    assert user not in others
    assert len(others) >= 40
    listed = io.StringIO()
    csv.writer(listed, lineterminator="").writerow([user, "nobody"])
    assert [row[0] for row in server.rows("user_churn", user_id__in=listed.getvalue())] == [user]


def test_the_sql_of_an_answer_gives_its_rows(server: Api, built: Built) -> None:
    asked = [
        *({"user_id": user} for user in ODD_USERS),
        {"days_inactive__gte": "3", "last_active_date__lt": "2026-02-10", "sort": "-user_id"},
    ]
    for parameters in asked:
        answer = server.report("user_churn", **parameters)
        rows = built.database.query(answer["sql"])
        assert rows
        assert [tuple(map(plain, row)) for row in rows] == [
            tuple(row.values()) for row in answer["rows"]
        ]


def test_order_is_total_and_null_comes_last_in_either_direction(server: Api) -> None:
    for sort in ("seconds_from_previous", "-seconds_from_previous"):
        whole = server.rows("funnel_users", sort=sort)
        pages = server.pages("funnel_users", sort=sort, limit=7)
        assert [tuple(row.values()) for page in pages for row in page["rows"]] == whole
        times = [row[-1] for row in whole]
        known = [time for time in times if time is not None]
        assert times[: len(known)] == sorted(known, reverse=sort.startswith("-"))
        assert len(known) < len(times)


def test_both_engines_order_texts_alike(server: Api) -> None:
    users = [row[0] for row in server.rows("user_churn", select="user_id", sort="user_id")]
    assert users == sorted(users, key=lambda text: text.encode())
    assert len(users) > 40


def test_columns_come_as_they_are_selected(server: Api) -> None:
    rows = server.report("funnel_users", select="reached_at,step", limit=1)["rows"]
    assert list(rows[0]) == ["reached_at", "step"]


@pytest.mark.parametrize("view", EXAMPLES)
def test_the_examples_of_the_page_are_answered(server: Api, view: str) -> None:
    for _, query in EXAMPLES[view]:
        answer = server.get(f"/v1/reports/{view}", **dict(parse_qsl(query)))
        assert answer.status_code == 200, answer.text


REFUSED = [
    ("/v1/reports/daily_active_user", 404, "unknown_view", "'daily_active_users'"),
    ("/v1/reports/signups?signup_dat=2026-01-01", 400, "unknown_column", "'signup_date'"),
    ("/v1/reports/signups?sort=-signup", 400, "unknown_column", "'signups'"),
    ("/v1/reports/signups?select=signup", 400, "unknown_column", "'signups'"),
    ("/v1/reports/signups?signups__greater=1", 400, "unknown_operator", "'greater'"),
    ("/v1/reports/signups?signups__contains=1", 400, "unknown_operator", "bigint"),
    ("/v1/reports/signups?signups=many", 400, "bad_value", "a whole number"),
    ("/v1/reports/signups?signups=9223372036854775808", 400, "bad_value", "a whole number"),
    ("/v1/reports/signups?signup_date=01.02.2026", 400, "bad_value", "2026-03-01"),
    ("/v1/reports/signups?limit=0", 400, "bad_value", "1 to"),
    ("/v1/reports/signups?limit=50001", 400, "bad_value", "next_cursor"),
    ("/v1/reports/signups?format=xlsx", 400, "unknown_format", "xlsx"),
    ("/v1/reports/signups?cursor=abc", 400, "bad_cursor", "none"),
    ("/v1/reports/user_churn?user_id=%00", 400, "bad_value", "a text"),
    ("/v1/report", 404, "not_found", ""),
]


@pytest.mark.parametrize(
    ("path", "status", "code", "part"), REFUSED, ids=[one[0] for one in REFUSED]
)
def test_what_is_wrong_is_said_in_a_sentence(
    server: Api, path: str, status: int, code: str, part: str
) -> None:
    answer = server.get(path)
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == code
    assert part in answer.json()["message"] + answer.json()["detail"]


def test_a_cursor_is_of_its_question_only(server: Api) -> None:
    cursor = server.report("funnel_users", limit=1)["next_cursor"]
    assert server.get("/v1/reports/funnel_users", cursor=cursor, limit=5).status_code == 200
    for parameters in ({"sort": "-step"}, {"step": "1"}, {"select": "user_id"}):
        answer = server.get("/v1/reports/funnel_users", cursor=cursor, **parameters)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


def test_a_view_that_is_not_built_says_what_to_run(
    built: Built, start_server: Any, tmp_path: Path
) -> None:
    manifest = json.loads(built.manifest.read_text())
    node = next(n for n in manifest["nodes"].values() if n["name"] == "signups")
    manifest["nodes"]["model.event_analytics.brand_new"] = {**node, "name": "brand_new"}
    added = tmp_path / "manifest.json"
    added.write_text(json.dumps(manifest))
    semantic = "semantic_manifest.json"
    (tmp_path / semantic).write_bytes(built.manifest.with_name(semantic).read_bytes())
    server = start_server(built, manifest=added)
    answer = server.get("/v1/reports/brand_new")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_built")
    assert answer.json()["message"] == "The view brand_new is not built."
    assert "loader build" in answer.json()["detail"]
