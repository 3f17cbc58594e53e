"""Run the report on a test's database, or give it rows that no real view would hold."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
from typing import Any

from report.page import render
from report.queries import Data
from report.sections import SECTIONS
from tests.support.databases import REPOSITORY, Database
from tests.support.run import process_environment


def run_report(database: Database, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m report`, which writes report.html into the database's directory."""
    directory = database.directory
    return subprocess.run(
        [
            *(sys.executable, "-m", "report"),
            *("--target", database.engine, "--output", str(directory / "report.html")),
            *options,
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


_DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>')


def embedded(page: str) -> Any:
    """What the page draws, as it holds it: facts, and for each table a list for each column."""
    (text,) = _DATA.findall(page)
    return json.loads(text)


HARMFUL = "</script><img src=x onerror=\"document.title='harmed'\"><b>%{y}"
DAYS = [dt.date(2026, 3, 1) + dt.timedelta(days=number) for number in range(3)]
MADE_AT = dt.datetime(2026, 3, 4, 6, tzinfo=dt.UTC)
DESCRIPTIONS = {
    view: "What it is.\n\n**Formula.** a / b.\n\n**Grain.** One row."
    for section in SECTIONS
    for figure in section.figures
    for view in (figure.view, *figure.others)
}
_FACTS = {
    "first_date": DAYS[0],
    "last_date": DAYS[-1],
    "last_complete_date": DAYS[1],
    "history_start": DAYS[0],
    "latest_event_at": dt.datetime(2026, 3, 3, 12, tzinfo=dt.UTC),
    "reporting_timezone": HARMFUL,
    "week_start": "monday",
    "wau_days": 7,
    "mau_days": 30,
}


def no_data() -> Data:
    """What is read from views without an event."""
    return Data(_FACTS | {"first_date": None, "last_date": None}, {})


def harmful_data() -> Data:
    """What users name, named to do harm: a retention, a funnel, events and a segment's value."""
    return Data(
        _FACTS,
        {
            "daily_active_users": [{"activity_date": date, "dau": 1} for date in DAYS],
            "retentions": [{"retention": HARMFUL, "cohort_event": HARMFUL}],
            "funnels": [{"funnel": HARMFUL, "description": HARMFUL}],
            "churn_windows": [{"churn_status": HARMFUL}],
            "segments": [{"segment": HARMFUL}],
            "event_catalog": [{"event_name": HARMFUL, "last_event_at": dt.datetime(2026, 3, 1)}],  # noqa: DTZ001 - as some engines hand instants over
        },
    )


def page_of(data: Data) -> str:
    """Write the page, at an instant that stays the same."""
    return render(data, DESCRIPTIONS, {}, made_at=MADE_AT)
