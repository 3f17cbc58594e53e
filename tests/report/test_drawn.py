"""What the page shows at once, on a desk and on a phone."""

from __future__ import annotations

import re

import pytest

from report.sections import SECTIONS
from scripts.browser import Page
from tests.report.conftest import DESKTOP, PHONE, Reports, choose
from tests.support.report import HARMFUL

FIGURES = [figure for section in SECTIONS for figure in section.figures]
CHARTS = [figure.key for figure in FIGURES if not figure.is_table and figure.key != "cohorts"]
LAST_DAY = "2026-03-01"

_DRAWN = """[...document.querySelectorAll('.chart')].map(chart => {
    const marks = '.scatterlayer .js-line, .scatterlayer .point, .barlayer .point path,'
        + '.sankey-link'
    const sizes = [...chart.querySelectorAll(marks)].map(mark => mark.getBoundingClientRect())
    const { width, height } = chart.querySelector('.main-svg').getBoundingClientRect()
    return { width, height, wide: chart.clientWidth, key: chart.closest('figure').id,
        marks: sizes.filter(size => size.width > 3 || size.height > 3).length }
})"""


def test_every_chart_is_drawn(opened: Page) -> None:
    drawn = opened.evaluate(_DRAWN)
    assert [chart["key"] for chart in drawn] == CHARTS
    for chart in drawn:
        assert chart["marks"] > 0, chart
        assert chart["height"] > 100, chart
        assert 250 < chart["width"] <= chart["wide"], chart


@pytest.mark.parametrize("period", ["day", "week", "month"])
@pytest.mark.parametrize("by", ["", "plan"])
def test_every_chart_is_drawn_for_each_period_and_segment(page: Page, period: str, by: str) -> None:
    page.console.clear()
    choose(page, days="all", period=period, by=by)
    drawn = page.evaluate(_DRAWN)
    assert [chart["key"] for chart in drawn if not chart["marks"]] == []
    assert page.console == []


def test_nothing_goes_wrong_and_nothing_is_loaded(opened: Page, reports: Reports) -> None:
    assert opened.console == []
    assert {url for url in opened.requests if not url.startswith("data:")} == {
        reports.page.as_uri()
    }


def test_names_are_shown_and_not_obeyed(opened: Page) -> None:
    opened.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    assert opened.evaluate("document.title") == "Product analytics up to " + LAST_DAY
    assert opened.evaluate("document.querySelectorAll('img').length") == 0
    assert opened.evaluate("document.querySelector('[data-choose=funnel]').value") == HARMFUL
    # cut to what fits, but with its own signs
    steps = opened.evaluate("document.querySelector('#funnel .infolayer').textContent")
    assert f"1. {HARMFUL[:21]}" in steps
    events = opened.evaluate("document.querySelector('.catalog').textContent")
    assert HARMFUL in events


def test_nothing_has_to_be_scrolled_sideways(opened: Page) -> None:
    width = opened.evaluate("window.innerWidth")
    assert width in (DESKTOP[0], PHONE[0])
    # nor with every table and definition opened
    opened.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    opened.evaluate("document.querySelectorAll('[data-do=about]').forEach(one => one.click())")
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    # nor within the triangle
    heat = "document.querySelector('.heat-scroll')"
    assert opened.evaluate(f"{heat}.scrollWidth <= {heat}.clientWidth")


def test_the_numbers_of_each_chart_are_in_a_table_beside_it(opened: Page) -> None:
    choose(opened, days="all", period="day")
    opened.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    tables = opened.evaluate(
        """new Promise(done => setTimeout(done, 200)).then(() =>
        [...document.querySelectorAll('figure')].map(figure => {
            const table = figure.querySelector('.numbers table, [data-part=body] table')
            const head = [...table.tHead.rows[0].cells]
            return [figure.id, table.tBodies[0].rows.length > 0,
                head.every(cell => cell.scope === 'col'),
                [...table.tBodies[0].rows].filter(row => !row.hidden).every(
                    row => row.cells[0].scope === 'row' && row.cells.length === head.length)]
        }))"""
    )
    assert tables == [[figure.key, True, True, True] for figure in FIGURES]


def test_each_chart_comes_first_and_its_definition_is_behind_a_button(page: Page) -> None:
    about = "document.getElementById('active-about')"
    assert page.evaluate(f"{about}.checkVisibility()") is False
    page.evaluate("document.querySelector('#active [data-do=about]').click()")
    assert page.evaluate(f"{about}.checkVisibility()") is True
    text = page.evaluate(f"{about}.textContent")
    assert "Formula." in text
    assert "daily_active_users" in text


def test_a_running_day_is_not_drawn_as_one_that_is_over(opened: Page) -> None:
    choose(opened, days="7", compare="no")
    dashes = opened.evaluate(
        """[...document.querySelectorAll('#active .js-line')].map(
            line => getComputedStyle(line).strokeDasharray
        )"""
    )
    assert len(dashes) == 6
    assert len([dash for dash in dashes if dash != "none"]) == 3


@pytest.mark.parametrize("day", ["2026-02-28", LAST_DAY])
def test_hovering_says_the_numbers_of_that_day_alone(page: Page, day: str) -> None:
    choose(page, days="7", compare="no")
    shown = page.evaluate(
        f"""(() => {{
            const chart = document.querySelector('#active .chart')
            Plotly.Fx.hover(chart, {{ xval: Date.parse('{day}') }}, ['xy'])
            return [...chart.querySelectorAll('.hoverlayer .traces')].map(line => line.textContent)
        }})()"""
    )
    assert [re.sub(r"[\d,]+( ·|$)", r"N\1", line).strip() for line in shown] == [
        f"{name} N{' · still running' if day == LAST_DAY else ''}"
        for name in ("in 30 days", "in 7 days")
    ]
