"""metric_anomalies by forecasts, from events to the view, on both engines."""

from __future__ import annotations

import json
import sys
from datetime import date, timedelta
from typing import Any

import pytest

from tests.conftest import MakeDatabase
from tests.support.databases import Database, Engine
from tests.support.dbt_process import run_dbt_process
from tests.support.run import BUILD_UNTESTED, run_loader, run_query

MONDAY = date(2026, 1, 5)
DAYS = 75
ODD = 60
FALL = MONDAY + timedelta(days=ODD)
BY_FORECAST = {"anomaly_detector": "forecast"}


def events() -> bytes:
    """Of each day as many users as its weekday has, but for ODD, which has a fifth of them."""
    lines = []
    for day in range(DAYS):
        users = (20 if day % 7 in (5, 6) else 50) + day % 3
        for user in range(users // 5 if day == ODD else users):
            lines.append(
                {
                    "event_id": f"00000000-0000-4000-8000-{day:06d}{user:06d}",
                    "event_name": "reply_request",
                    "event_time": f"{MONDAY + timedelta(days=day)}T10:00:00Z",
                    "user_id": f"user {user}",
                    "properties": {},
                }
            )
    return "\n".join(map(json.dumps, lines)).encode()


def build(database: Database, **variables: Any) -> str:
    """Build what alerts are read from, and say what dbt said."""
    code, said = run_dbt_process(
        *BUILD_UNTESTED,
        *("--select", "+metric_anomalies", "+metric_alerts"),
        database=database,
        variables=variables,
    )
    assert code == 0, said
    return said


@pytest.fixture
def database(engine: Engine, make_database: MakeDatabase) -> Database:
    """A database with the events and without views."""
    made = make_database(engine)
    run_loader("init", database=made, check=True)
    run_loader("append", "-", "--format", "jsonl", database=made, stdin=events(), check=True)
    return made


def judged(database: Database) -> dict[date, tuple[Any, ...]]:
    """What the view says of daily active users, by date."""
    rows = database.query(
        "select date, value, expected, score, is_anomaly from analytics.metric_anomalies"
        " where metric = 'dau' order by date"
    )
    return {row[0]: row[1:] for row in rows}


def test_a_fall_is_an_anomaly_by_weekdays_and_by_forecasts(database: Database) -> None:
    assert "forecast" not in build(database)
    by_weekday = judged(database)
    refused = run_query("alerts", "forecast", database=database)
    assert refused.exit_code == 1
    assert "Set the variable anomaly_detector to forecast" in refused.stderr

    assert "After this build run: query alerts forecast" in build(database, **BY_FORECAST)
    assert {row[2] for row in judged(database).values()} == {None}
    ran = run_query("alerts", "forecast", database=database)
    assert ran.exit_code == 0, ran.stderr
    assert ran.stdout.startswith("Forecast: 2 series, ")
    found = judged(database)
    value, expected, score, is_anomaly = found[FALL]
    assert (value, is_anomaly) == (10, True)
    assert 40 < expected < 60
    assert score < -3.5
    assert [day for day, row in found.items() if row[3]] == [FALL]
    unjudged = [day for day, row in found.items() if row[2] is None]
    assert unjudged == [MONDAY + timedelta(days=day) for day in range(42)]
    [(is_firing,)] = database.query(
        "select is_firing from analytics.metric_alerts where alert = 'unusual_dau'"
    )
    assert is_firing is False

    again = run_query("alerts", "forecast", database=database)
    assert again.stdout == ran.stdout
    assert judged(database) == found
    assert "query alerts forecast" not in build(database)
    assert judged(database) == by_weekday


def test_a_missing_extra_is_named(
    make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "statsforecast", None)
    ran = run_query("alerts", "forecast", database=make_database("duckdb"))
    assert ran.exit_code == 1
    assert "pip install 'dbt-event-analytics[forecast]'" in ran.stderr
