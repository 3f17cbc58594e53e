"""What becomes of a user is told exactly once for each time that it does."""

from __future__ import annotations

import pytest

from tests.alerts.receivers import Answer, Hook
from tests.alerts.watched import Watched

STEP = {"third": {"funnel": "onboarding", "step": 3}}
CHURN = {"gone": {"churn_status": "hard_churn"}}


def users(hook: Hook) -> list[str]:
    """Of whom the receiver was told, in order."""
    return [content["data"]["user_id"] for content in hook.contents()]


def test_who_reaches_a_step_is_told_of_once(watched: Watched, hook: Hook) -> None:
    watched.configure({"crm": {"url": hook.url, "user_events": ["third"]}}, STEP)
    before = [("early", step) for step in (1, 2, 3)]
    watched.reach(*before, ("ada", 2), ("it's", 1))
    watched.run()
    # who was there when it began is nobody's news
    assert users(hook) == []
    watched.reach(*before, ("ada", 2), ("ada", 3), ("it's", 3), ("ben", 1))
    watched.run()
    watched.run()
    assert sorted(users(hook)) == ["ada", "it's"]
    [of_ada] = [c for c in hook.contents() if c["data"]["user_id"] == "ada"]
    del of_ada["timestamp"]
    assert of_ada == {
        "type": "user.funnel_step_reached",
        "data": {
            "organisation": None,
            "user_event": "third",
            "user_id": "ada",
            "funnel": "onboarding",
            "step": 3,
            "reached_at": "2026-03-01T10:00:00Z",
        },
    }
    # a step is reached for good, whatever later deliveries and withdrawals make of it
    watched.reach(*before, ("it's", 3))
    watched.run()
    watched.reach(*before, ("ada", 3), ("it's", 3))
    watched.run()
    assert len(hook.accepted) == 2


def test_who_churns_anew_is_told_of_anew(watched: Watched, hook: Hook) -> None:
    watched.configure({"crm": {"url": hook.url, "user_events": ["gone"]}}, CHURN)
    watched.churn(("ada", "active", "2026-03-01"), ("old", "hard_churn", "2026-01-01"))
    watched.run()
    watched.churn(("ada", "hard_churn", "2026-03-01"), ("old", "hard_churn", "2026-01-01"))
    watched.run()
    assert users(hook) == ["ada"]
    # an event of before arrives late: she is where she was
    watched.churn(("ada", "hard_churn", "2026-03-02"), ("old", "hard_churn", "2026-01-01"))
    watched.run()
    assert users(hook) == ["ada"]
    # she has been back, which nobody looked at meanwhile; old was seen to be back
    watched.churn(
        ("ada", "hard_churn", "2026-04-01"), ("old", "active", "2026-04-20"), as_of="2026-05-15"
    )
    watched.run()
    assert users(hook) == ["ada", "ada"]
    watched.churn(
        ("ada", "hard_churn", "2026-04-01"), ("old", "hard_churn", "2026-03-30"), as_of="2026-05-16"
    )
    watched.run()
    watched.run()
    assert users(hook) == ["ada", "ada", "old"]
    assert [content["data"]["times"] for content in hook.contents()] == [1, 2, 1]
    assert max(hook.times().values()) == 1


def test_those_of_before_are_told_of_where_it_says_so(watched: Watched, hook: Hook) -> None:
    events = {"third": {**STEP["third"], "backfill": True}}
    watched.configure({"crm": {"url": hook.url, "user_events": ["third"]}}, events)
    watched.reach(*((f"user {number}", 3) for number in range(300)))
    watched.run()
    watched.run()
    assert len(hook.accepted) == len(set(users(hook))) == len(hook.times()) == 300


def test_the_same_user_and_state_have_the_same_id(watched: Watched, hook: Hook) -> None:
    """So that a receiver drops what comes again even where all that was told is forgotten."""
    events = {"third": {**STEP["third"], "backfill": True}}
    watched.configure({"crm": {"url": hook.url, "user_events": ["third"]}}, events)
    watched.reach(("ada", 3), ("ben", 3))
    watched.run()
    watched.execute("drop schema alerting cascade")
    watched.run()
    assert sorted(hook.times().values()) == [2, 2]


def test_another_definition_begins_anew(watched: Watched, hook: Hook) -> None:
    receivers = {"crm": {"url": hook.url, "user_events": ["third"]}}
    watched.configure(receivers, STEP)
    watched.reach(("ada", 2))
    watched.run()
    watched.configure(receivers, {"third": {"funnel": "onboarding", "step": 2}})
    watched.run()
    assert hook.got == []
    watched.reach(("ada", 2), ("ben", 2))
    watched.run()
    assert users(hook) == ["ben"]


def test_users_are_told_of_to_who_asks_and_kept_nowhere(watched: Watched, hook: Hook) -> None:
    watched.configure(
        {
            "crm": {"url": f"{hook.url}/crm", "user_events": ["third"], "alerts": []},
            "team": {"url": f"{hook.url}/team"},
        },
        STEP,
    )
    watched.judge({})
    watched.reach()
    watched.run()
    watched.reach(("ada-4711", 3))
    ran = watched.run()
    assert [got.path for got in hook.accepted] == ["/team", "/crm"]
    said = ran.stdout + ran.stderr + watched.alerts("outbox").stdout
    assert "third" in said
    assert "4711" not in said + str(_all(watched))


def test_nobody_is_told_of_who_was_erased_meanwhile(watched: Watched, hook: Hook) -> None:
    watched.configure({"crm": {"url": hook.url, "user_events": ["third"]}}, STEP)
    watched.reach()
    watched.run()
    hook.answers = lambda _: Answer(500)
    watched.reach(("ada-4711", 3), ("ben", 3))
    watched.run(code=1)
    hook.answers = lambda _: Answer()
    watched.age(next_attempt_at=1_000)
    watched.reach(("ben", 3))
    watched.run()
    assert users(hook) == ["ben"]
    assert "4711" not in str(_all(watched))


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"funnel": "onbording", "step": 1}, "seeds/funnels.csv has onboarding"),
        ({"funnel": "onboarding", "step": 4}, "which has 3 steps"),
        ({"churn_status": "lost"}, "seeds/churn_windows.csv has active, hard_churn"),
    ],
)
def test_what_no_user_can_come_to_is_refused(
    duckdb_watched: Watched, hook: Hook, event: dict[str, object], message: str
) -> None:
    watched = duckdb_watched
    watched.configure({"crm": {"url": hook.url, "user_events": ["event"]}}, {"event": event})
    watched.reach()
    watched.churn()
    watched.judge({})
    assert message in watched.run(code=1).stderr
    # which keeps nobody from hearing of alerts
    assert [content["type"] for content in hook.contents()] == ["alert.firing"]


def _all(watched: Watched) -> list[object]:
    return [
        watched.database.query(f"select * from alerting.{table}")
        for table in ("outbox", "user_states", "user_events", "alert_states")
    ]
