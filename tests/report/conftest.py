"""The report of 20 users and 60 days whose names mean harm, opened in headless Chromium."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import pytest

from loader.building.session import Dbt
from report.write import write
from scripts.browser import Page, browser_page
from tests.conftest import MakeDatabase
from tests.metrics.views import copy_project
from tests.support.databases import Database
from tests.support.report import HARMFUL
from tests.support.run import BUILD_UNTESTED, environment, run_dbt, run_loader

DESKTOP, PHONE = (1400, 900), (390, 844)

SEEDS: dict[str, list[tuple[str, ...]]] = {
    "funnels": [
        ("funnel", "step_order", "window_seconds", "description"),
        (HARMFUL, "ordered", "864000", HARMFUL),
        ("endless", "ordered", "", ""),
    ],
    "funnel_steps": [
        ("funnel", "step", "event", "on_day"),
        (HARMFUL, "1", HARMFUL, ""),
        (HARMFUL, "2", "visit", ""),
        (HARMFUL, "3", "bought", ""),
        ("endless", "1", "*", ""),
        ("endless", "2", "bought", ""),
    ],
    "retentions": [
        ("retention", "cohort_event", "cohort_kind", "return_event", "period", "periods"),
        (HARMFUL, HARMFUL, "first_time", "*", "day", "30"),
        ("weekly", "*", "first_time", "*", "week", "30"),
    ],
    "churn_windows": [
        ("churn_status", "min_days_inactive", "max_days_inactive"),
        ("here", "0", "6"),
        (HARMFUL, "7", ""),
    ],
    "segments": [
        ("segment", "property", "pick"),
        ("plan", "plan", "latest"),
    ],
}


@dataclass(frozen=True)
class Reports:
    """The database, its page, and the page that holds ids of users."""

    database: Database
    page: Path
    with_users: Path


def _events() -> list[dict[str, object]]:
    """Three cohorts of 40 users and a last one of 5, who come back ever less, from day 0 on."""
    start = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    found: list[dict[str, object]] = []

    def add(name: str, user: int, day: int, minutes: int) -> None:
        time = start + dt.timedelta(days=day, minutes=user + minutes)
        plan = "free" if user % 3 else HARMFUL
        found.append(
            {
                "event_name": name,
                "event_time": time.isoformat(),
                "user_id": f"user {user}",
                "properties": {"plan": plan},
            }
        )

    for user in range(125):
        first = user // 40 * 7 + 21 if user < 120 else 56
        for number, day in enumerate(range(first if user else 0, 60, user % 9 + 1)):
            add(HARMFUL if number % 3 == 0 else "visit", user, day, 0)
            # most visits are a single event; some end with another
            if number % 4 == 3:
                add("bought", user, day, 5)
    return found


@pytest.fixture(scope="session")
def reports(
    make_session_database: MakeDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Reports:
    """Both pages, of one build."""
    directory = tmp_path_factory.mktemp("report")
    seeds = directory / "own_seeds"
    seeds.mkdir()
    for name, rows in SEEDS.items():
        with (seeds / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    log = directory / "events.jsonl"
    log.write_text("".join(json.dumps(event) + "\n" for event in _events()))

    database = make_session_database("duckdb")
    project = copy_project(directory / "project", seeds)
    run_loader("init", database=database, check=True)
    run_loader("append", log, database=database, check=True)
    run_dbt(*BUILD_UNTESTED, database=database, project=project)
    made = Reports(database, directory / "report.html", directory / "with_users.html")
    with environment(dict(database.env())), chdir(project):
        dbt = Dbt(
            "duckdb",
            target_path=database.directory / "target",
            log_path=database.directory / "logs",
        )
        write(dbt, made.page)
        write(dbt, made.with_users, with_users=True)
    return made


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One Chromium for all tests."""
    with browser_page(tmp_path_factory.mktemp("chromium")) as page:
        yield page


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def opened(browser: Page, reports: Reports, request: pytest.FixtureRequest) -> Page:
    """The page as each window shows it; `console` and `requests` are its own."""
    browser.open(Path("/dev/null"), *request.param)
    browser.console.clear()
    browser.requests.clear()
    browser.open(reports.page, *request.param)
    return browser


@pytest.fixture
def page(browser: Page, reports: Reports) -> Page:
    """The page in a wide window."""
    browser.open(Path("/dev/null"), *DESKTOP)
    browser.open(reports.page, *DESKTOP)
    return browser


@pytest.fixture
def page_with_users(browser: Page, reports: Reports) -> Page:
    """The page that may say who, in a wide window."""
    browser.open(Path("/dev/null"), *DESKTOP)
    browser.open(reports.with_users, *DESKTOP)
    return browser


def choose(page: Page, **chosen: str) -> None:
    """Choose what the address can say: days, from, to, period, by, compare, retention, funnel."""
    said = "&".join(f"{name.strip('_')}={value}" for name, value in chosen.items())
    page.evaluate(
        f"""new Promise(done => {{
            if (location.hash === '#{said}') return done()
            addEventListener('hashchange', () => setTimeout(done, 50), {{ once: true }})
            location.hash = '{said}'
        }})"""
    )
