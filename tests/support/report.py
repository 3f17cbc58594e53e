"""Run the report on a test's database, or give it rows that no real view would hold."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

from report.queries import Data
from tests.support.databases import REPOSITORY, Database
from tests.support.run import process_environment


def run_report(database: Database) -> subprocess.CompletedProcess[str]:
    """Run `python -m report`, which writes report.html into the database's directory."""
    directory = database.directory
    return subprocess.run(
        [
            *(sys.executable, "-m", "report"),
            *("--target", database.engine, "--output", str(directory / "report.html")),
        ],
        cwd=REPOSITORY,
        # What dbt writes must not meet what another test's dbt writes.
        env=process_environment(
            database,
            {
                "DBT_TARGET_PATH": str(directory / "target"),
                "DBT_LOG_PATH": str(directory / "logs"),
            },
        ),
        capture_output=True,
        text=True,
        check=False,
    )


HARMFUL = "</script><img src=x onerror=\"document.title='harmed'\"><b>%{y}"
_DAYS = [dt.date(2026, 3, 1) + dt.timedelta(days=number) for number in range(3)]
_FACTS = {
    "first_date": _DAYS[0],
    "last_date": _DAYS[-1],
    "reporting_timezone": HARMFUL,
    "week_start": "monday",
    "wau_days": 7,
    "mau_days": 30,
}


def no_data() -> Data:
    """What is read from views without an event."""
    return Data(_FACTS | {"first_date": None, "last_date": None}, [], [], [], [], [], [], [])


def harmful_data() -> Data:
    """Three days on which everything that users name is named to do harm."""
    by_day = [{"is_complete": date < _DAYS[-1], "date": date} for date in _DAYS]
    return Data(
        facts=_FACTS,
        active_users=[
            {**row, "activity_date": row["date"], "dau": 1, "wau": 2, "mau": 4, "stickiness": 0.25}
            for row in by_day
        ],
        lifecycle=[
            {
                **row,
                "period_start": row["date"],
                **dict.fromkeys(("new_users", "retained_users", "resurrected_users"), 1),
                "active_users": 3,
                "dormant_users": 0,
                "quick_ratio": None,
            }
            for row in by_day
        ],
        retention=[
            {
                **row,
                "retention": HARMFUL,
                "period": "day",
                "cohort_kind": "first_time",
                "cohort_event": HARMFUL,
                "return_event": HARMFUL,
                "cohort_start": _DAYS[0],
                "period_number": number,
                "cohort_users": 4,
                "retained_users": 1,
                "retention_rate": 0.25,
            }
            for number, row in enumerate(by_day)
        ],
        funnels=[
            {
                "funnel": name,
                "description": HARMFUL,
                "step_order": "ordered",
                "window_seconds": 60,
                "step": step,
                "step_name": HARMFUL,
                "users": 2,
                "conversion_from_start": 1.0,
                "conversion_from_previous": None,
                "median_seconds_from_previous": 1.5,
            }
            for name in ("a", HARMFUL)
            for step in (1, 2)
        ],
        entries=[
            {
                **row,
                "funnel": HARMFUL,
                "entry_date": row["date"],
                "step": step,
                "users": 1,
                "conversion_from_start": 1.0,
                "open_users": 0,
            }
            for row in by_day
            for step in (1, 2)
        ],
        churn=[
            {
                **row,
                "churn_status": HARMFUL,
                "as_of_date": row["date"],
                "users": 3,
                "min_days_inactive": 0,
                "max_days_inactive": None,
            }
            for row in by_day
        ],
        sessions=[
            {
                **row,
                "session_date": row["date"],
                "sessions": 2,
                "users": 1,
                "median_duration_seconds": None,
                "events_per_session": 1.5,
            }
            for row in by_day
        ],
    )
