"""The report in headless Chromium: built from events and definitions with harmful names."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest

from loader.building.session import Dbt
from report.write import write
from scripts.browser import Page, browser_page
from tests.conftest import MakeDatabase
from tests.metrics.views import copy_project
from tests.support.report import HARMFUL
from tests.support.run import BUILD_UNTESTED, environment, run_dbt, run_loader

DESKTOP, PHONE = (1200, 900), (390, 844)
CHARTS = 9
LAST_DAY = "2026-03-01"

SEEDS: dict[str, list[tuple[str, ...]]] = {
    "funnels": [
        ("funnel", "step_order", "window_seconds", "description"),
        (HARMFUL, "ordered", "86400", HARMFUL),
        ("short", "ordered", "", ""),
    ],
    "funnel_steps": [
        ("funnel", "step", "event", "on_day"),
        (HARMFUL, "1", HARMFUL, ""),
        (HARMFUL, "2", "$signup", ""),
        (HARMFUL, "3", "*", ""),
        ("short", "1", "*", ""),
    ],
    "retentions": [
        ("retention", "cohort_event", "cohort_kind", "return_event", "period", "periods"),
        (HARMFUL, HARMFUL, "first_time", "*", "day", "30"),
    ],
    "churn_windows": [
        ("churn_status", "min_days_inactive", "max_days_inactive"),
        ("here", "0", "6"),
        (HARMFUL, "7", ""),
    ],
}


@pytest.fixture(scope="module")
def report(make_session_database: MakeDatabase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on 20 users and 60 days."""
    directory = tmp_path_factory.mktemp("report")
    seeds = directory / "own_seeds"
    seeds.mkdir()
    for name, rows in SEEDS.items():
        with (seeds / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    start = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    events = [
        {
            "event_name": HARMFUL if day % 3 else "visit",
            "event_time": (start + dt.timedelta(days=day, minutes=user)).isoformat(),
            "user_id": f"user {user}",
        }
        for user in range(20)
        for day in range(user, 60, user + 1)
    ]
    log = directory / "events.jsonl"
    log.write_text("".join(json.dumps(event) + "\n" for event in events))

    database = make_session_database("duckdb")
    project = copy_project(directory / "project", seeds)
    run_loader("init", database=database, check=True)
    run_loader("append", log, database=database, check=True)
    run_dbt(*BUILD_UNTESTED, database=database, project=project)
    output = directory / "report.html"
    with environment(dict(database.env())), chdir(project):
        dbt = Dbt(
            "duckdb",
            target_path=database.directory / "target",
            log_path=database.directory / "logs",
        )
        write(dbt, output)
    return output


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser_page(tmp_path_factory.mktemp("chromium")) as page:
        yield page


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def opened(browser: Page, report: Path, request: pytest.FixtureRequest) -> Page:
    """The page as each window shows it; `console` and `requests` are its own."""
    browser.console.clear()
    browser.requests.clear()
    browser.open(report, *request.param)
    return browser


def test_every_chart_is_drawn(opened: Page) -> None:
    drawn = opened.evaluate(
        """[...document.querySelectorAll('.chart')].map(chart => {
            const marks = '.scatterlayer .js-line, .barlayer .point path, .heatmaplayer image'
            const sizes = [...chart.querySelectorAll(marks)].map(
                mark => mark.getBoundingClientRect()
            )
            const { width, height } = chart.querySelector('.main-svg').getBoundingClientRect()
            return {
                width, height, wide: chart.clientWidth,
                marks: sizes.filter(size => size.width > 3 || size.height > 3).length
            }
        })"""
    )
    assert len(drawn) == CHARTS
    for chart in drawn:
        assert chart["marks"] > 0
        assert chart["height"] > 100
        assert 250 < chart["width"] <= chart["wide"]


def test_nothing_goes_wrong_and_nothing_is_loaded(opened: Page, report: Path) -> None:
    assert opened.console == []
    # Plotly hands over a heat map's colours as an image that is already there
    assert {url for url in opened.requests if not url.startswith("data:")} == {report.as_uri()}


def test_names_are_shown_and_not_obeyed(opened: Page) -> None:
    assert opened.evaluate("document.title") == "Product analytics up to " + LAST_DAY
    assert opened.evaluate("document.querySelectorAll('img').length") == 0
    headings = opened.evaluate(
        "[...document.querySelectorAll('h3')].map(heading => heading.textContent)"
    )
    assert f"Funnel: {HARMFUL}" in headings
    # cut to what fits, but with its own signs
    steps = opened.evaluate("document.querySelector('#funnel-1 .infolayer').textContent")
    assert f"1. {HARMFUL[:33]}…" in steps


def test_nothing_has_to_be_scrolled_sideways(opened: Page) -> None:
    width = opened.evaluate("window.innerWidth")
    assert width in (DESKTOP[0], PHONE[0])
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    # nor with every table and definition opened
    opened.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.evaluate("document.querySelectorAll('table caption').length") >= CHARTS


def test_the_numbers_of_each_chart_are_in_a_table_beside_it(opened: Page) -> None:
    rows = opened.evaluate(
        """[...document.querySelectorAll('figure')].map(figure => [
            figure.querySelector('.chart').getAttribute('role'),
            figure.querySelector('.chart').getAttribute('aria-label').length > 20,
            figure.querySelectorAll('.numbers tbody tr').length > 0
        ])"""
    )
    assert rows == [["img", True, True]] * CHARTS


def test_a_running_day_is_not_drawn_as_one_that_is_over(opened: Page) -> None:
    dashes = opened.evaluate(
        """[...document.querySelectorAll('#active-users .js-line')].map(
            line => getComputedStyle(line).strokeDasharray
        )"""
    )
    assert len([dash for dash in dashes if dash != "none"]) == len(dashes) / 2


@pytest.mark.parametrize("day", ["2026-02-28", "2026-03-01"])
def test_hovering_says_the_numbers_of_that_day_alone(browser: Page, report: Path, day: str) -> None:
    browser.open(report, *DESKTOP)
    shown = browser.evaluate(
        f"""(() => {{
            const chart = document.querySelector('#active-users .chart')
            Plotly.Fx.hover(chart, {{ xval: Date.parse('{day}') }}, ['xy'])
            return [...chart.querySelectorAll('.hoverlayer .traces')].map(line => line.textContent)
        }})()"""
    )
    assert [re.sub(r"[\d,]+( ·|$)", r"N\1", line).strip() for line in shown] == [
        f"{name} N{' · still running' if day == LAST_DAY else ''}"
        for name in ("mau (30 days)", "wau (7 days)", "dau")
    ]
