"""Dashboards in a real Superset: numbers, who sees what, single sign-on, guests, a browser."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import httpx
import pytest

from deploy.superset.api import Superset
from deploy.superset.bundle import key_of
from deploy.superset.install import datasets, guest_token, set_up
from tests.dashboards.conftest import Site
from tests.dashboards.people import ADMINISTRATOR, ANALYST, OF_GLOBEX, STRANGER, VIEWER
from tests.support.run import run_loader

Row = dict[str, Any]
# By connection and title.
Found = dict[tuple[str, str], Row]

# Of what is told apart by a filter of the dashboard, a value that the events have.
CHOSEN = {
    "period": "week",
    "retention": "weekly_activity",
    "funnel": "signup_to_activity",
    "segment": "first_app",
}


@pytest.fixture(scope="module")
def superset(site: Site) -> Any:
    with site.administer() as session:
        yield session


@pytest.fixture(scope="module")
def found(superset: Superset) -> Found:
    return charts(superset)


def charts(superset: Superset) -> Found:
    """All charts, by connection and title; some views have charts of one title only."""
    connection_of = {number: name for (name, _), number in datasets(superset).items()}
    details = {
        int(one["id"]): superset.ask("GET", f"/api/v1/chart/{one['id']}")["result"]
        for dataset in connection_of
        for one in superset.listed("/api/v1/chart/", "slice_name", ("datasource_id", "eq", dataset))
    }
    found = {}
    for number, one in details.items():
        context = json.loads(one["query_context"])
        connection = connection_of[context["datasource"]["id"]]
        found[connection, one["slice_name"]] = {"id": number, "context": context}
    return found


def question(chart: Row, **more: Any) -> Row:
    """A chart's query, with the values chosen that its dashboard's filters would choose."""
    context: Row = json.loads(json.dumps(chart["context"]))
    context["form_data"]["slice_id"] = chart["id"]
    query = context["queries"][0]
    query["filters"] += [
        {"col": column, "op": "IN", "val": [value]} for column, value in CHOSEN.items()
    ]
    query |= more
    return context


def ask(client: httpx.Client, context: Row) -> httpx.Response:
    return client.post("/api/v1/chart/data", json=context)


def data(superset: Superset, chart: Row) -> list[Row]:
    answer = superset.ask("POST", "/api/v1/chart/data", json=question(chart))["result"][0]
    assert answer["status"] == "success", answer
    rows: list[Row] = answer["data"]
    return rows


def as_set(rows: list[Row]) -> Counter[str]:
    def same(value: Any) -> Any:
        return round(value, 9) if isinstance(value, float) else value

    return Counter(
        json.dumps({name: same(value) for name, value in row.items()}, sort_keys=True)
        for row in rows
    )


def test_all_charts_have_rows_and_the_same_on_both_engines(
    superset: Superset, found: Found
) -> None:
    titles = [title for connection, title in found if connection == "events"]
    assert len(titles) > 25
    ruled = "Users and their segments"
    for title in titles:
        in_duckdb = data(superset, found["events", title])
        assert in_duckdb, title
        assert any(value is not None for value in in_duckdb[0].values()), title
        if title != ruled:
            assert as_set(in_duckdb) == as_set(data(superset, found["events_acme", title])), title


@pytest.mark.parametrize(
    ("title", "statement"),
    [
        (
            "Active users by day",
            "select activity_date, dau, wau, mau from analytics.daily_active_users",
        ),
        (
            "Retention by cohort",
            (
                "select period_number, cast(cohort_start as varchar), max(retention_rate) from "
                "analytics.cohort_retention where retention = 'weekly_activity' and is_complete "
                "and period_number between 1 and 12 group by 1, 2"
            ),
        ),
        (
            "Funnel",
            (
                "select concat(step, '. ', step_name), users from analytics.funnel_conversion "
                "where funnel = 'signup_to_activity'"
            ),
        ),
        (
            "Active users by segment",
            (
                "select date_trunc('week', activity_date), segment_value, avg(dau) from "
                "analytics.daily_active_users_by_segment where segment = 'first_app' group by 1, 2"
            ),
        ),
        ("Churn status today", "select churn_status, users from analytics.churn_summary"),
    ],
)
def test_a_chart_gives_the_numbers_of_its_view(
    site: Site, superset: Superset, found: Found, title: str, statement: str
) -> None:
    def numbers(rows: Any) -> list[list[float]]:
        return sorted(
            sorted(float(value) for value in row if isinstance(value, int | float) and value < 1e10)
            for row in rows
        )

    shown = data(superset, found["events", title])
    expected = [tuple(row) for row in site.duckdb.query(statement)]
    assert len(shown) == len(expected)
    got, wanted = numbers(row.values() for row in shown), numbers(expected)
    assert got == [pytest.approx(row) for row in wanted]


def test_numbers_of_two_definitions_are_never_added_up(superset: Superset, found: Found) -> None:
    mixed = json.loads(json.dumps(found["events", "Funnel"]["context"]))
    mixed["queries"][0] |= {"columns": [], "orderby": []}
    [row] = superset.ask("POST", "/api/v1/chart/data", json=mixed)["result"][0]["data"]
    assert list(row.values()) == [None]


def test_another_organisation_is_refused_its_data(site: Site, found: Found) -> None:
    with site.log_in(VIEWER) as vera, site.log_in(OF_GLOBEX) as gus:
        own = ask(vera, question(found["events_acme", "Funnel"]))
        assert own.status_code == 200
        assert own.json()["result"][0]["data"]
        for client, connection in ((gus, "events_acme"), (vera, "events_globex"), (vera, "events")):
            assert ask(client, question(found[connection, "Funnel"])).status_code == 403
        slugs = {one["slug"] for one in gus.get("/api/v1/dashboard/").json()["result"]}
        assert slugs
        assert all(slug.startswith("globex-") for slug in slugs)
        views = {one["schema"] for one in vera.get("/api/v1/dataset/").json().get("result", [])}
        assert views <= {"analytics_acme"}


def test_the_database_refuses_it_too(site: Site, superset: Superset) -> None:
    numbers = {
        one["database_name"]: one["id"]
        for one in superset.listed("/api/v1/database/", "database_name")
    }
    with site.log_in(OF_GLOBEX) as gus, site.log_in(ANALYST) as ada:

        def select(client: httpx.Client, connection: str, statement: str) -> httpx.Response:
            asked = {"database_id": numbers[connection], "sql": statement, "runAsync": False}
            return client.post("/api/v1/sqllab/execute/", json=asked)

        statement = "select count(*) as days from analytics_acme.daily_active_users"
        answer = select(ada, "events_acme", statement)
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"][0]["days"] > 50
        elsewhere = select(gus, "events_acme", statement)
        assert elsewhere.status_code >= 400
        assert "days" not in elsewhere.text
        refused = select(gus, "events_globex", statement)
        assert refused.status_code >= 400
        assert "permission denied" in refused.text
        written = select(ada, "events_acme", "delete from raw_acme.events")
        assert written.status_code >= 400
    assert site.postgres.query("select count(*) from raw_acme.events")[0][0] > 1000


def test_roles_follow_groups(site: Site) -> None:
    def may(client: httpx.Client) -> tuple[int, int, int]:
        made = client.post("/api/v1/dashboard/", json={"dashboard_title": "Mine"})
        asked = client.post("/api/v1/sqllab/execute/", json={"database_id": 0, "sql": "select 1"})
        users = client.get("/api/v1/security/roles/")
        return made.status_code, asked.status_code, users.status_code

    with site.log_in(VIEWER) as vera:
        assert len(vera.get("/api/v1/dashboard/").json()["result"]) == len(site.project.dashboards)
        assert may(vera) == (403, 403, 403)
    with site.log_in(ANALYST) as ada:
        made, asked, users = may(ada)
        assert (made, users) == (201, 403)
        assert asked != 403
    with site.log_in(ADMINISTRATOR) as administrator:
        assert administrator.get("/api/v1/security/roles/").status_code == 200
    with site.log_in(STRANGER) as eve:
        assert not eve.get("/api/v1/dashboard/").json().get("result")
        assert min(may(eve)) >= 400


def test_a_rule_limits_the_rows_that_a_role_sees(
    site: Site, superset: Superset, found: Found
) -> None:
    chart = found["events_acme", "Users and their segments"]
    everybody = data(superset, chart)
    assert {row["segment_value"] for row in everybody} == {"phone", "web"}
    with site.log_in(VIEWER) as vera:
        seen = ask(vera, question(chart)).json()["result"][0]["data"]
    assert {row["segment_value"] for row in seen} == {"phone"}
    assert len(seen) == sum(row["segment_value"] == "phone" for row in everybody)


def test_a_guest_sees_one_dashboard_and_its_rows_only(
    site: Site, superset: Superset, found: Found
) -> None:
    numbers = datasets(superset)
    [number] = [
        one["id"]
        for one in superset.listed("/api/v1/dashboard/", "dashboard_title")
        if one["slug"] == "acme-segment-comparison"
    ]

    def on_it(chart: Row, **more: Any) -> Row:
        context = question(chart, **more)
        context["form_data"]["dashboardId"] = number
        return context

    segments = numbers["events_acme", "daily_active_users_by_segment"]
    token = guest_token(
        superset,
        site.embedded["acme-segment-comparison"],
        "a customer",
        {segments: "segment_value = 'phone'"},
    )
    with httpx.Client(base_url=site.url, timeout=120, headers={"X-GuestToken": token}) as guest:
        chart = found["events_acme", "Active users by segment"]
        seen = ask(guest, on_it(chart))
        assert seen.status_code == 200, seen.text
        rows = seen.json()["result"][0]["data"]
        assert {row["segment_value"] for row in rows} == {"phone"}
        other = on_it(chart, metrics=["segment_wau"])
        # Superset lets a guest ask more of the views that the dashboard shows, of the same rows.
        rows = ask(guest, other).json()["result"][0]["data"]
        assert {row["segment_value"] for row in rows} == {"phone"}
        assert ask(guest, on_it(found["events_acme", "Funnel"])).status_code == 403
        assert ask(guest, on_it(found["events", "Active users by segment"])).status_code == 403
        assert guest.post("/api/v1/sqllab/execute/", json={}).status_code in (400, 401, 403)
        path = f"/embedded/{site.embedded['acme-segment-comparison']}"
        policy = guest.get(path, headers={"Referer": site.host})
        assert policy.status_code == 200
        assert site.host in policy.headers["content-security-policy"]
        assert guest.get(path, headers={"Referer": "http://elsewhere.example"}).status_code == 403


def test_a_set_up_can_be_run_again(site: Site, superset: Superset, found: Found) -> None:
    chart = found["events_acme", "Funnel"]
    superset.ask(
        "PUT",
        f"/api/v1/chart/{chart['id']}",
        json={"slice_name": "Mine now", "params": "{}", "query_context": None},
    )
    rules = [one["name"] for one in superset.listed("/api/v1/rowlevelsecurity/", "name")]
    embedded = set_up(superset, site.project, site.settings)
    assert embedded == site.embedded
    assert {key: one["id"] for key, one in charts(superset).items()} == {
        key: one["id"] for key, one in found.items()
    }
    assert data(superset, chart)
    assert [one["name"] for one in superset.listed("/api/v1/rowlevelsecurity/", "name")] == rules
    [dashboard] = [
        one
        for one in superset.listed("/api/v1/dashboard/", "dashboard_title")
        if one["slug"] == "product-overview"
    ]
    details = superset.ask("GET", f"/api/v1/dashboard/{dashboard['id']}")["result"]
    assert details["uuid"] == key_of("events", "dashboard", "product_overview")


def test_a_duckdb_file_stays_free_for_who_writes_to_it(
    site: Site, superset: Superset, found: Found
) -> None:
    chart = found["events", "Events that arrive"]
    before = sum(row["events_of_name"] for row in data(superset, chart))
    with site.duckdb.connect() as writer:
        writer.execute("create table main.being_written as select 1 as one")
        assert sum(row["events_of_name"] for row in data(superset, chart)) == before
        writer.execute("drop table main.being_written")
    line = json.dumps(
        {
            "event_id": "later",
            "user_id": "user 1",
            "event_name": "open",
            "event_time": "2026-02-28T23:00:00Z",
        }
    )
    run_loader("append", "-", database=site.duckdb, stdin=line, check=True)
    assert sum(row["events_of_name"] for row in data(superset, chart)) == before + 1
