"""Alertmanager and apprise, as they are published."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.alerts.receivers import Answer, Hook, alertmanager, hooks
from tests.alerts.watched import Watched
from tests.support.servers import wait_until

PROGRAMS = ("alertmanager", "prometheus-alertmanager")


def test_alertmanager_tells_of_an_alert_and_of_its_end_once(
    watched: Watched, hook: Hook, tmp_path: Path
) -> None:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.fail("Alertmanager was not found: install the package prometheus-alertmanager")
    with alertmanager(program, tmp_path, hook) as running:
        watched.configure(
            {"ops": {"type": "alertmanager", "url": running.url, "labels": {"team": "product"}}}
        )
        watched.judge({"segment": "app", "segment_value": "web"}, {"alert": "well", "value": 1e6})
        watched.run()
        wait_until(lambda: len(hook.got) == 2, "what Alertmanager tells")
        # it is repeated, so that Alertmanager does not take it for over
        before = {alert["labels"]["alertname"]: alert["endsAt"] for alert in running.alerts()}
        watched.run()
        after = {alert["labels"]["alertname"]: alert["endsAt"] for alert in running.alerts()}
        assert all(after[name] >= ends for name, ends in before.items())
        [alert] = [a for a in running.alerts() if a["labels"]["alertname"] == "falling_wau"]
        assert alert["labels"] == {
            "alertname": "falling_wau",
            "severity": "warning",
            "segment": "app",
            "segment_value": "web",
            "source": "event_analytics",
            "team": "product",
        }
        assert alert["annotations"]["summary"] == "falling_wau fires, app web"
        assert alert["annotations"]["value"] == "70"
        watched.judge(
            {"segment": "app", "segment_value": "web", "is_firing": False, "severity": "info"},
            {"alert": "well", "value": 1e6},
        )
        watched.run()
        wait_until(lambda: len(hook.got) == 3, "the end")
        assert [got.content["status"] for got in hook.got] == ["firing", "firing", "resolved"]
        assert [a["labels"]["alertname"] for a in running.alerts()] == ["well"]
        assert watched.alerts("test", "--config", str(watched.config)).exit_code == 0
        wait_until(lambda: len(hook.got) == 4, "the test")
        assert len(hook.got) == 4


def test_apprise_sends_what_people_read(duckdb_watched: Watched, hook: Hook) -> None:
    watched = duckdb_watched
    url = hook.url.replace("http://", "json://")
    watched.configure(
        {"chat": {"type": "apprise", "url": url, "user_events": ["gone"], "remind_hours": 1}},
        {"gone": {"churn_status": "hard_churn", "backfill": True}},
    )
    watched.churn(("ada", "hard_churn", "2026-01-01"))
    watched.judge({"segment": "app", "segment_value": "web"})
    watched.run()
    watched.age(created_at=4_000)
    watched.run()
    watched.judge({"segment": "app", "segment_value": "web", "is_firing": False})
    watched.run()
    told = [(c["title"], c["message"], c["type"]) for c in hook.contents()]
    fires = (
        "Weekly active users are down\nwau, app web on 2026-03-01: 70 (bound 80).",
        "warning",
    )
    assert sorted(told[:2]) == [
        ("falling_wau fires, app web", *fires),
        (
            "gone: ada",
            "User ada is hard_churn as of 2026-03-31: last active on 2026-01-01, 89 days before.",
            "info",
        ),
    ]
    assert told[2] == ("falling_wau still fires, app web", *fires)
    assert told[3][0] == "falling_wau is over, app web"
    assert "It had fired since 20" in told[3][1]
    assert told[3][2] == "success"


def test_what_apprise_cannot_send_is_tried_again(duckdb_watched: Watched) -> None:
    watched = duckdb_watched
    with hooks() as hook:
        hook.answers = lambda _: Answer(500)
        url = hook.url.replace("http://", "json://").replace("127", "user:hidden@127")
        watched.configure({"chat": {"type": "apprise", "url": url}})
        watched.judge({})
        ran = watched.run(code=1)
        assert "chat did not take a message: apprise could not send it (" in ran.stderr
        assert "hidden" not in ran.stderr + watched.alerts("outbox", "--json").stdout
        hook.answers = lambda _: Answer()
        watched.age(next_attempt_at=10)
        watched.run()
        assert len(hook.accepted) == 1
