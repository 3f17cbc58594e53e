"""Each change is told once, to whom it concerns."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from tests.alerts.receivers import Hook, hooks
from tests.alerts.watched import SECRET, Watched, days_ago


def test_a_change_is_told_once_and_so_is_its_end(watched: Watched, hook: Hook) -> None:
    watched.configure({"team": {"url": f"{hook.url}/alerts"}})
    watched.judge({})
    watched.run()
    watched.run()
    watched.judge({"date": "2026-03-02", "value": 60.0})
    watched.run()
    [fires] = hook.contents()
    since = fires["data"].pop("since")
    assert fires == {
        "type": "alert.firing",
        "timestamp": since,
        "data": {
            "organisation": None,
            "alert": "falling_wau",
            "state": "firing",
            "severity": "warning",
            "segment": "",
            "segment_value": "",
            "rule": "change",
            "metric": "wau",
            "date": "2026-03-01",
            "value": 70.0,
            "bound": 80.0,
            "description": "Weekly active users are down",
            "reason": None,
        },
    }
    watched.judge({"date": "2026-03-03", "value": 90.0, "is_firing": False, "severity": "info"})
    watched.run()
    watched.run()
    over = hook.contents()[-1]
    assert (over["type"], over["data"]["value"]) == ("alert.resolved", 90.0)
    # who was told of a warning is told of the end of a warning
    assert (over["data"]["severity"], over["data"]["since"]) == ("warning", since)
    watched.judge({"date": "2026-03-04"})
    watched.run()
    assert [content["type"] for content in hook.contents()] == [
        "alert.firing",
        "alert.resolved",
        "alert.firing",
    ]
    assert max(hook.times().values()) == 1
    hook.verify(SECRET)


def test_what_cannot_be_judged_stays_as_it_was(watched: Watched, hook: Hook) -> None:
    watched.configure({"team": {"url": hook.url}})
    unknown = {"is_firing": None, "value": None}
    watched.judge({}, {"alert": "other", **unknown})
    watched.run()
    watched.judge(unknown, {"alert": "other", **unknown})
    watched.run()
    assert [content["data"]["alert"] for content in hook.contents()] == ["falling_wau"]


def test_an_alert_that_is_watched_no_longer_is_over(watched: Watched, hook: Hook) -> None:
    watched.configure({"team": {"url": hook.url}})
    values = [{"segment": "app", "segment_value": value} for value in ("web", "it's", "")]
    watched.judge(*values)
    watched.run()
    watched.judge(values[0])
    watched.run()
    watched.run()
    told = [(c["type"], c["data"]["segment_value"]) for c in hook.contents()]
    assert sorted(told[:3]) == [("alert.firing", value) for value in ("", "it's", "web")]
    assert sorted(told[3:]) == [("alert.resolved", value) for value in ("", "it's")]
    assert "watched no longer" in hook.contents()[-1]["data"]["reason"]


def test_receivers_hear_of_what_they_ask_for(watched: Watched, hook: Hook) -> None:
    watched.create_views("acme")
    watched.configure(
        {
            "all": {"url": f"{hook.url}/all"},
            "grave": {"url": f"{hook.url}/grave", "severities": ["critical"]},
            "named": {"url": f"{hook.url}/named", "alerts": ["falling_*", "x"]},
            "acme": {"url": f"{hook.url}/acme", "organisations": ["acme"]},
            "nobody": {"url": f"{hook.url}/nobody", "alerts": []},
        }
    )
    watched.judge({}, {"alert": "silence", "severity": "critical"})
    watched.judge({"alert": "silence"}, schema="analytics_acme")
    watched.run()
    told = sorted(
        (got.path, got.content["data"]["organisation"] or "", got.content["data"]["alert"])
        for got in hook.accepted
    )
    assert told == [
        ("/acme", "acme", "silence"),
        ("/all", "", "falling_wau"),
        ("/all", "", "silence"),
        ("/all", "acme", "silence"),
        ("/grave", "", "silence"),
        ("/named", "", "falling_wau"),
    ]


def test_an_organisation_without_views_keeps_no_other_from_being_told(
    watched: Watched, hook: Hook
) -> None:
    watched.create_views("acme")
    watched.execute("drop table analytics_acme.metric_alerts")
    watched.configure({"team": {"url": hook.url}})
    watched.judge({})
    ran = watched.run("--default", "--org", "acme", code=1)
    assert "in schema 'analytics_acme'" in ran.stderr
    assert "Build the views with: loader build" in ran.stderr
    assert len(hook.accepted) == 1
    # who names none means those that are built
    assert watched.run().stdout == "Nothing has changed.\n"


def test_a_dry_run_tells_nobody_and_keeps_nothing(watched: Watched, hook: Hook) -> None:
    watched.configure(
        {"team": {"url": hook.url, "user_events": ["gone"]}},
        {"gone": {"churn_status": "hard_churn", "backfill": True}},
    )
    watched.judge({})
    watched.churn(("ada", "hard_churn", "2026-01-01"), ("ben", "hard_churn", "2026-01-02"))
    for _ in range(2):
        ran = watched.run("--dry-run")
        assert ran.stdout.splitlines() == [
            "Would tell team: falling_wau fires",
            "Would tell team: gone, 2 users",
        ]
    assert hook.got == []
    assert "would" not in watched.run().stdout.lower()
    assert len(hook.accepted) == 3
    assert watched.run("--dry-run").stdout == "Nothing has changed.\n"


def test_silence_is_heard_by_the_clock(watched: Watched, hook: Hook) -> None:
    """Without an event no date of the views passes, and so none of their alerts could fire."""
    silent = {"alert": "silence", "rule": "missing", "bound": 2.0, "is_firing": False, "value": 0.0}
    receivers = {"team": {"url": hook.url}}
    watched.configure(receivers, clock="UTC")
    # the day after the judged date may still have had events; then two whole days without any
    watched.judge({**silent, "date": days_ago(3)})
    watched.run()
    assert hook.got == []
    watched.configure(receivers)
    watched.judge({**silent, "date": days_ago(4)})
    watched.run()
    assert hook.got == []
    watched.configure(receivers, clock="UTC")
    watched.run()
    [fires] = hook.contents()
    assert (fires["data"]["alert"], fires["data"]["value"]) == ("silence", 2.0)
    watched.judge({**silent, "date": days_ago(1)})
    watched.run()
    assert hook.contents()[-1]["type"] == "alert.resolved"


def test_what_is_muted_is_told_afterwards_if_it_still_fires(watched: Watched, hook: Hook) -> None:
    watched.configure({"team": {"url": hook.url}})
    watched.judge({"is_firing": False}, {"alert": "other", "is_firing": False})
    watched.run()
    said = watched.alerts("mute", "falling_wau", "--for", "8h", "--reason", "we move").stderr
    mute_id = said.split()[-1]
    watched.judge({}, {"alert": "other"})
    watched.run()
    assert [content["data"]["alert"] for content in hook.contents()] == ["other"]
    shown = watched.alerts("list", "--json").json()
    assert [(alert["alert"], alert["muted"]) for alert in shown["alerts"]] == [
        ("falling_wau", True),
        ("other", False),
    ]
    assert (shown["mutes"][0]["mute_id"], shown["mutes"][0]["reason"]) == (mute_id, "we move")
    # it is over and fires again, of which nobody hears
    watched.judge({"is_firing": False}, {"alert": "other"})
    watched.run()
    watched.judge({}, {"alert": "other"})
    watched.run()
    assert len(hook.accepted) == 1
    watched.alerts("unmute", mute_id)
    watched.run()
    watched.run()
    assert [content["data"]["alert"] for content in hook.contents()] == ["other", "falling_wau"]
    assert "No mute" in watched.alerts("unmute", mute_id, code=1).stderr


def test_a_mute_of_one_value_is_none_of_the_others_and_ends_by_itself(
    watched: Watched, hook: Hook
) -> None:
    watched.configure({"team": {"url": hook.url}})
    watched.alerts("mute", "falling_wau", "--segment-value", "web", "--for", "1d")
    watched.judge(*({"segment": "app", "segment_value": value} for value in ("web", "ios")))
    watched.run()
    assert [content["data"]["segment_value"] for content in hook.contents()] == ["ios"]
    watched.execute("update alerting.mutes set until = ?", [datetime.now(UTC)])
    watched.run()
    assert [content["data"]["segment_value"] for content in hook.contents()] == ["ios", "web"]


def test_reminders_come_until_somebody_acknowledges(watched: Watched, hook: Hook) -> None:
    with hooks() as other:
        watched.configure(
            {"team": {"url": hook.url, "remind_hours": 2}, "once": {"url": other.url}}
        )
        watched.judge({})
        watched.run()
        watched.age(created_at=7_100)
        watched.run()
        assert len(hook.accepted) == 1
        watched.age(created_at=200)
        watched.run()
        watched.run()
        types = [content["type"] for content in hook.contents()]
        assert types == ["alert.firing", "alert.reminder"]
        said = watched.alerts("acknowledge", "falling_wau", "--note", "on it").stderr
        assert "Acknowledged falling_wau" in said
        assert json.loads(watched.alerts("list", "--json").stdout)["alerts"][0]["note"] == "on it"
        watched.age(created_at=90_000)
        watched.run()
        assert len(hook.accepted) == 2
        # the end is told, and the next time anew, of which somebody is reminded again
        watched.judge({"is_firing": False})
        watched.run()
        watched.judge({})
        watched.run()
        watched.age(created_at=7_300)
        watched.run()
        types = [content["type"] for content in hook.contents()[2:]]
        assert types == ["alert.resolved", "alert.firing", "alert.reminder"]
        assert [content["type"] for content in other.contents()] == [
            "alert.firing",
            "alert.resolved",
            "alert.firing",
        ]


def test_only_what_fires_can_be_acknowledged(watched: Watched) -> None:
    watched.judge({"is_firing": False})
    said = watched.alerts("acknowledge", "falling_wau", code=1).stderr
    assert "No alert 'falling_wau' has been said to fire" in said
