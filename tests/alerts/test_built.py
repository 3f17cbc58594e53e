"""From events by the views as dbt builds them to what a receiver gets."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from tests.alerts.receivers import Hook
from tests.alerts.watched import VIEWS, Watched, contract
from tests.conftest import MakeDatabase
from tests.support.databases import Engine
from tests.support.dbt_process import run_dbt_process
from tests.support.run import BUILD_UNTESTED, run_loader, run_loader_process

MONDAY = date(2026, 3, 2)


def events(*days: tuple[int, range]) -> bytes:
    """Of each day after MONDAY, one event of each of these users, as JSON lines."""
    lines = [
        {
            "event_id": f"00000000-0000-4000-8000-{day:06d}{user:06d}",
            "event_name": "reply_request",
            "event_time": f"{MONDAY + timedelta(days=day)}T10:00:00Z",
            "user_id": f"user {user}",
            "properties": {},
        }
        for day, users in days
        for user in users
    ]
    return "\n".join(map(json.dumps, lines)).encode()


@pytest.fixture
def built(engine: Engine, make_database: MakeDatabase) -> Watched:
    """Views over no events."""
    watched = Watched(make_database(engine))
    run_loader("init", database=watched.database, check=True)
    # a process of its own: dbt leaves a DuckDB file open in this one
    code, said = run_dbt_process(
        *BUILD_UNTESTED, "--select", *(f"+{view}" for view in VIEWS), database=watched.database
    )
    assert code == 0, said
    return watched


def deliver(watched: Watched, *days: tuple[int, range]) -> None:
    """Append events."""
    ran = run_loader_process(
        *("append", "-", "--format", "jsonl"), database=watched.database, stdin=events(*days)
    )
    assert ran.exit_code == 0, ran.stderr


def test_from_events_to_a_receiver(built: Watched, hook: Hook) -> None:
    for view in VIEWS:
        found = [name for name, _ in built.database.columns(f"analytics.{view}")]
        assert found == list(contract(view))
    built.configure({"team": {"url": hook.url}}, clock="UTC")
    assert built.run().stdout == "Nothing has changed.\n"
    deliver(built, *((day, range(10)) for day in range(0, 15, 2)))
    built.configure(
        {"team": {"url": hook.url, "user_events": ["asked", "gone"]}},
        {
            "asked": {"funnel": "question_to_feedback", "step": 1},
            "gone": {"churn_status": "hard_churn"},
        },
    )
    built.run()
    assert hook.got == []
    # two weeks in which one user of ten is there, and somebody new
    deliver(built, *((day, range(1)) for day in range(15, 29)), (29, range(10, 11)))
    built.run()
    told = {
        (content["type"], content["data"].get("alert") or content["data"]["user_id"])
        for content in hook.contents()
    }
    assert ("alert.firing", "falling_wau") in told
    assert ("user.funnel_step_reached", "user 10") in told
    assert not any(kind == "user.churn_status_changed" for kind, _ in told)
    fires = next(c["data"] for c in hook.contents() if c["data"].get("alert") == "falling_wau")
    shown = built.alerts("list", "--firing", "--json").json()["alerts"]
    assert {alert["alert"] for alert in shown} == {name for kind, name in told if "alert" in kind}
    assert fires["value"] < fires["bound"]
    assert fires["date"] == (MONDAY + timedelta(days=28)).isoformat()
    before = len(hook.accepted)
    built.run()
    assert len(hook.accepted) == before
    # what was missing arrives late; then users are away for a month
    deliver(built, *((day, range(1, 10)) for day in range(15, 29)))
    built.run()
    deliver(built, (60, range(11)))
    built.run()
    deliver(built, (120, range(1)))
    built.run()
    later = hook.contents()[before:]
    over = [c for c in later if c["data"].get("alert") == "falling_wau"]
    assert [content["type"] for content in over][:1] == ["alert.resolved"]
    gone = [c["data"]["user_id"] for c in later if c["type"] == "user.churn_status_changed"]
    assert sorted(gone) == sorted(f"user {number}" for number in range(1, 11))
    assert max(hook.times().values()) == 1
