"""What changes when the reader chooses: dates, period, segment, comparison; CSV, PNG and users."""

from __future__ import annotations

import base64
import csv
import io
from pathlib import Path
from typing import Any

import pytest

from report.sections import SECTIONS
from scripts.browser import Page
from tests.report.conftest import Reports, choose
from tests.support.report import HARMFUL

FIGURES = [figure for section in SECTIONS for figure in section.figures]

#: Takes what would be saved, and gives it as text or as the address of a picture.
_SAVED = """new Promise((done, fail) => {{
    const click = HTMLAnchorElement.prototype.click
    HTMLAnchorElement.prototype.click = async function () {{
        HTMLAnchorElement.prototype.click = click
        const found = this.href.startsWith('blob:') ? await read(this.href) : this.href
        done({{ name: this.download, found }})
    }}
    const blobs = new Map()
    const make = URL.createObjectURL
    URL.createObjectURL = blob => {{ const at = make(blob); blobs.set(at, blob); return at }}
    const read = at => blobs.get(at).text()
    setTimeout(() => fail(new Error('nothing was saved')), 20000)
    {act}
}})"""


def saved(page: Page, selector: str) -> tuple[str, str]:
    """The name and content of what a button saves."""
    act = f"document.querySelector('{selector}').click()"
    found = page.evaluate(_SAVED.format(act=act))
    return found["name"], found["found"]


def table(page: Page, figure: str) -> list[dict[str, str]]:
    """The CSV of a figure."""
    _, text = saved(page, f"#{figure} [data-do=csv]")
    return list(csv.DictReader(io.StringIO(text)))


def drawn(page: Page, figure: str) -> list[dict[str, Any]]:
    """The traces of a chart that stand for a column."""
    found: list[dict[str, Any]] = page.evaluate(
        f"""document.querySelector('#{figure} .chart').data.filter(trace => trace.meta).map(
            trace => ({{ x: [...trace.x], y: [...trace.y], meta: trace.meta }}))"""
    )
    return found


def say(page: Page, selector: str) -> str:
    """The text of an element."""
    text: str = page.evaluate(f"document.querySelector('{selector}').textContent")
    return text


def test_the_dates_are_those_of_the_picker_and_of_the_view(page: Page, reports: Reports) -> None:
    page.evaluate(
        """(() => { const form = document.getElementById('controls').elements
        form.from.value = '2026-02-02'
        form.to.value = '2026-02-08'
        form.to.dispatchEvent(new Event('change', { bubbles: true })) })()"""
    )
    found = [
        (row["day_start"], row["dau"], row["wau"], row["mau"]) for row in table(page, "active")
    ]
    view = reports.database.query(
        "select activity_date, dau, wau, mau from analytics.daily_active_users"
        " where activity_date between '2026-02-02' and '2026-02-08' order by 1"
    )
    assert found == [tuple(map(str, row)) for row in view]
    shown = {trace["meta"].get("column"): trace for trace in drawn(page, "active")}
    assert shown["dau"]["y"] == [row[1] for row in view]
    # and the address leads back to them
    assert "from=2026-02-02&to=2026-02-08" in page.evaluate("location.hash")


@pytest.mark.parametrize("period", ["week", "month"])
def test_weeks_and_months_are_rows_of_the_view_and_sums_of_days(
    page: Page, reports: Reports, period: str
) -> None:
    choose(page, days="all", period=period)
    users = [(row[f"{period}_start"], row["active_users"]) for row in table(page, "active")]
    assert users == [
        (str(start), str(count))
        for start, count in reports.database.query(
            "select period_start, active_users from analytics.active_users"
            f" where period = '{period}' order by 1"
        )
    ]
    signups = {row[f"{period}_start"]: int(row["signups"]) for row in table(page, "signups")}
    assert signups == {
        str(start): count
        for start, count in reports.database.query(
            f"select cast(date_trunc('{period}', signup_date) as date), cast(sum(signups) as int)"
            " from analytics.signups group by 1"
        )
    }


def test_a_segment_has_a_line_for_each_value(page: Page, reports: Reports) -> None:
    choose(page, days="all", by="plan")
    shown = {trace["meta"]["value"]: trace for trace in drawn(page, "active")}
    view = reports.database.query(
        "select segment_value, activity_date, dau from analytics.daily_active_users_by_segment"
    )
    assert set(shown) == {"free", HARMFUL}
    for value, trace in shown.items():
        known = {x: y for x, y in zip(trace["x"], trace["y"], strict=True) if y is not None}
        assert known == {str(day): dau for name, day, dau in view if name == value}
    curves = table(page, "curves")
    assert {row["value"] for row in curves} == {"free", HARMFUL}
    steps = {
        (row["segment_value"], row["step"]): int(row["users"]) for row in table(page, "funnel")
    }
    assert steps == {
        (value, str(step)): users
        for value, step, users in reports.database.query(
            "select segment_value, step, users from analytics.funnel_conversion_by_segment"
            " where funnel = (select min(funnel) from analytics.funnel_conversion)"
        )
    }


def test_a_funnel_is_that_of_who_entered_within_the_dates(page: Page, reports: Reports) -> None:
    choose(page, from_="2026-02-01", to="2026-02-28")
    funnel = page.evaluate("document.querySelector('[data-choose=funnel]').value")
    assert funnel == HARMFUL
    found = [
        (int(row["step"]), int(row["users"]), int(row["may_still_get_here"]))
        for row in table(page, "funnel")
    ]
    rows = reports.database.query(
        "select step, cast(sum(users) as int), cast(sum(open_users) as int)"
        " from analytics.funnel_conversion_daily"
        " where funnel <> 'endless' and entry_date between '2026-02-01' and '2026-02-28'"
        " group by 1 order by 1"
    )
    open_before = [0, *(row[2] for row in rows[:-1])]
    assert found == [(row[0], row[1], gone) for row, gone in zip(rows, open_before, strict=True)]
    assert sum(open_before) > 0
    assert f"{sum(open_before)} people may still convert" in say(page, "#funnel .warning")
    assert f"{sum(open_before)} may still convert" in say(page, "#tiles li:last-child")
    assert "2026-02-01 to 2026-02-28" in say(page, "#funnel .note")
    assert "may still get here" in say(page, "#funnel .samples")


def test_a_funnel_without_a_window_is_not_hatched_for_ever(page: Page) -> None:
    choose(page, days="all", funnel="endless", compare="no")
    assert "without a limit of time" in say(page, "#funnel .note")
    assert "may still get here" not in say(page, "#funnel .samples")
    marks = page.evaluate(
        "document.querySelector('#entries .chart').data.find(t => t.meta?.column === 'rate')"
        ".marker.size.filter(size => size === 8).length"
    )
    # the day that still runs, and no other
    assert marks == 1
    assert "may rise for ever" in say(page, "#entries .warning")


def test_a_month_is_hatched_until_one_lies_behind_it(page: Page) -> None:
    choose(page, from_="2026-01-01", to="2026-02-20")
    for figure in ("active", "sticky"):
        early = page.evaluate(
            f"""(() => {{ const traces = document.querySelector('#{figure} .chart').data
            return traces.filter(trace => trace.name === 'early').map(
                trace => [trace.fillpattern.shape, trace.x[0], trace.x.at(-1)]) }})()"""
        )
        assert ["/", "2026-01-01", "2026-01-29"] in early
        assert "too little history" in say(page, f"#{figure} .samples")
        assert not page.evaluate(f"document.querySelector('#{figure} .warning').hidden")
    choose(page, days="28")
    assert page.evaluate("document.querySelector('#sticky .warning').hidden")
    assert "too little history" not in say(page, "#sticky .samples")


def test_a_tile_has_no_month_before_there_is_one(page: Page) -> None:
    choose(page, from_="2026-01-05", to="2026-01-20")
    assert "Active in 30 days—not enough history yet" in say(page, "#tiles li:nth-child(3)")


def test_tiles_hold_the_days_that_are_over_against_as_many_before(
    page: Page, reports: Reports
) -> None:
    choose(page, days="7")
    # the last day still runs
    assert "2026-02-22 to 2026-02-28" in say(page, "#tiles-note")
    assert "2026-02-15 to 2026-02-21" in say(page, "#tiles-note")
    ((now, was),) = reports.database.query(
        "select avg(dau) filter (activity_date between '2026-02-22' and '2026-02-28'),"
        " avg(dau) filter (activity_date between '2026-02-15' and '2026-02-21')"
        " from analytics.daily_active_users"
    )
    tile = say(page, "#tiles li:nth-child(1)")
    assert f"Active on a day{now:,.0f}" in tile
    assert f"{abs(100 * (now - was) / was):.1f}% from {was:,.0f}" in tile
    assert page.evaluate("document.querySelectorAll('#tiles .spark').length") == 8
    choose(page, days="7", compare="no")
    assert "from" not in say(page, "#tiles li:nth-child(1)")


def test_the_period_before_lies_under_the_one_that_is_chosen(page: Page, reports: Reports) -> None:
    choose(page, days="7")
    (before,) = [t for t in drawn(page, "active") if "before" in t["meta"]]
    view = dict(
        reports.database.query("select activity_date, dau from analytics.daily_active_users")
    )
    by_date = {str(day): dau for day, dau in view.items()}
    earlier = [by_date[f"2026-02-{day}"] for day in range(15, 22)]
    assert before["x"] == [f"2026-02-{day}" for day in range(22, 29)]
    assert before["y"] == earlier


def test_the_row_of_all_cohorts_weighs_each_person_the_same(page: Page, reports: Reports) -> None:
    choose(page, days="all", retention="weekly")
    first = page.evaluate(
        "document.querySelector('.heat .all td[tabindex]').getAttribute('aria-label')"
    )
    ((back, users),) = reports.database.query(
        "select cast(sum(retained_users) as int), cast(sum(cohort_users) as int)"
        " from analytics.cohort_retention"
        " where retention = 'weekly' and period_number = 1 and is_complete"
    )
    assert f"{back} of {users} people ({100 * back / users:.1f}%)" in first


def test_colours_come_from_cohorts_of_enough_users(page: Page, reports: Reports) -> None:
    choose(page, days="all", retention="weekly")
    few, large = page.evaluate(
        """(() => { const lines = [...document.querySelectorAll('.heat tbody tr:not(.all)')]
        const size = line => Number(line.querySelector('.size').textContent.replaceAll(',', ''))
        const painted = line => [...line.querySelectorAll('td[tabindex]')].map(
            cell => cell.style.background !== '')
        return [lines.filter(line => size(line) < 30).flatMap(painted),
            lines.filter(line => size(line) >= 30).flatMap(painted)] })()"""
    )
    assert few
    assert large
    assert not any(few)
    assert all(large)
    ((most,),) = reports.database.query(
        "select max(retention_rate) from analytics.cohort_retention where retention = 'weekly'"
        " and cohort_users >= 30 and period_number between 1 and 12"
    )
    assert f"0 to {100 * most:.1f}%" in say(page, "#cohorts .samples")
    assert "fewer than 30 people" in say(page, "#cohorts .samples")


def test_zero_medians_are_explained(page: Page) -> None:
    choose(page, days="28")
    assert "The median is 0 on" in say(page, "#length .warning")


def test_each_figure_can_be_saved_as_csv(page: Page) -> None:
    for figure in FIGURES:
        name, text = saved(page, f"#{figure.key} [data-do=csv]")
        assert name.startswith(figure.key)
        assert name.endswith(".csv")
        rows = list(csv.reader(io.StringIO(text)))
        assert len(rows) > 1, figure.key
        assert {len(row) for row in rows} == {len(rows[0])}


def test_each_chart_can_be_saved_as_png(page: Page) -> None:
    for figure in FIGURES:
        if figure.is_table:
            continue
        name, address = saved(page, f"#{figure.key} [data-do=png]")
        assert name.startswith(figure.key)
        assert name.endswith(".png")
        kind, _, content = address.partition(",")
        assert kind == "data:image/png;base64"
        picture = base64.b64decode(content)
        assert picture.startswith(b"\x89PNG")
        assert int.from_bytes(picture[16:20]) == 2000
        assert len(picture) > 8_000, figure.key


def test_without_leave_the_page_holds_no_user(page: Page, reports: Reports) -> None:
    assert "user 1" not in reports.page.read_text()
    assert page.evaluate("document.querySelectorAll('.steps button').length") == 0
    choose(page, days="all", retention="weekly")
    page.evaluate("document.querySelector('.heat tbody tr:last-child td[tabindex]').click()")
    assert page.evaluate("document.getElementById('people').open") is False
    # how many it says all the same
    assert "person" in say(page, "#cohorts .status") or "people" in say(page, "#cohorts .status")


def _people(page: Page) -> tuple[str, set[str]]:
    """The title of the list that is open, and who is in it, by its CSV."""
    title = say(page, "#people h2")
    _, text = saved(page, "#people [data-do=csv]")
    return title, {row["user_id"] for row in csv.DictReader(io.StringIO(text))}


def test_a_funnels_step_says_who(page_with_users: Page, reports: Reports) -> None:
    page = page_with_users
    choose(page, days="all")
    page.evaluate("document.querySelectorAll('#funnel .steps button')[1].click()")
    title, users = _people(page)
    assert title == f"Reached step 2 of {HARMFUL}"
    assert users == {
        user
        for (user,) in reports.database.query(
            "select user_id from analytics.funnel_users where funnel <> 'endless' and step = 2"
        )
    }
    assert users


def test_a_retentions_cell_says_who_and_they_are_as_many_as_the_view_counts(
    page_with_users: Page, reports: Reports
) -> None:
    page = page_with_users
    choose(page, days="all", retention="weekly")
    cells = page.evaluate(
        """[...document.querySelectorAll('.heat tbody tr:not(.all)')].flatMap(line =>
        [...line.querySelectorAll('td[tabindex]')].map(cell => {
            cell.click()
            const people = document.getElementById('people')
            const rows = people.querySelectorAll('tbody tr').length
            const note = people.querySelector('[data-part=note]').textContent
            people.close()
            return [line.cells[0].textContent, rows, note]
        }))"""
    )
    counted = reports.database.query(
        "select retained_users from analytics.cohort_retention"
        " where retention = 'weekly' and period_number between 1 and 12"
        " order by cohort_start desc, period_number"
    )
    assert [cell[1] for cell in cells] == [row[0] for row in counted]
    assert all("of whom" not in cell[2] for cell in cells)


def test_a_churn_status_says_who(page_with_users: Page, reports: Reports) -> None:
    page = page_with_users
    page.evaluate("document.querySelector('#away-now .steps button').click()")
    title, users = _people(page)
    assert title.startswith("In here on")
    assert users == {
        user
        for (user,) in reports.database.query(
            "select user_id from analytics.user_churn where churn_status = 'here'"
        )
    }


def test_the_page_that_says_who_says_so(reports: Reports) -> None:
    warning = "This page holds ids of users"
    assert warning in reports.with_users.read_text()
    assert warning not in Path(reports.page).read_text()
