"""For everybody: contrast, keyboard, names for screen readers, dark and print; and honest ages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.browser import Page
from tests.report.conftest import DESKTOP, Reports, choose

_SETTLED = "new Promise(done => setTimeout(done, 200))"

# Of each text that is seen: what it says, and its contrast to the ground that is painted behind it.
_CONTRASTS = """(() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
    const channels = color => {
        canvas.clearRect(0, 0, 1, 1)
        canvas.fillStyle = color
        canvas.fillRect(0, 0, 1, 1)
        return [...canvas.getImageData(0, 0, 1, 1).data]
    }
    const light = ([r, g, b]) => [r, g, b].map(part => {
        const share = part / 255
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    }).reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0)
    const ground = element => {
        for (let at = element; at; at = at.parentElement) {
            const found = channels(getComputedStyle(at).backgroundColor)
            if (found[3] === 255) return found
        }
        return [255, 255, 255, 255]
    }
    return [...document.querySelectorAll('body *')].filter(element => {
        const box = element.getBoundingClientRect()
        const own = [...element.childNodes].some(
            node => node.nodeType === 3 && node.textContent.trim())
        return own && box.width > 1 && box.height > 1 && element.checkVisibility()
            && !['SCRIPT', 'STYLE', 'NOSCRIPT', 'OPTION'].includes(element.tagName)
            // the labels of a Sankey lie on its bands, and have a halo
            && !element.closest('.sankey')
    }).map(element => {
        const style = getComputedStyle(element)
        const isDrawn = element instanceof SVGElement
        const ink = channels(isDrawn ? style.fill : style.color)
        const [low, high] = [light(ink), light(ground(element))].sort((a, b) => a - b)
        const size = parseFloat(style.fontSize)
        const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700)
        return [(high + 0.05) / (low + 0.05), isLarge, element.textContent.slice(0, 30),
            isDrawn ? 'svg' : element.className]
    })
})()"""


@pytest.fixture(params=["light", "dark"])
def themed(browser: Page, reports: Reports, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page as a system shows it that is light or dark."""
    features = [{"name": "prefers-color-scheme", "value": request.param}]
    browser.call("Emulation.setEmulatedMedia", features=features)
    browser.open(Path("/dev/null"), *DESKTOP)
    browser.open(reports.page, *DESKTOP)
    yield browser
    browser.call("Emulation.setEmulatedMedia", features=[])


def test_every_text_is_read_on_its_ground(themed: Page) -> None:
    choose(themed, days="all", by="plan")
    themed.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    themed.evaluate("document.querySelectorAll('[data-do=about]').forEach(one => one.click())")
    themed.evaluate(_SETTLED)
    found = themed.evaluate(_CONTRASTS)
    assert len(found) > 500
    assert [text for text in found if text[0] < (3 if text[1] else 4.5)] == []


def test_every_line_and_bar_is_seen_on_its_ground(themed: Page) -> None:
    """Colours of what is drawn have 3 : 1, as WCAG asks of graphics; the marks of before less."""
    choose(themed, days="all", compare="no")
    low = themed.evaluate(
        """(() => {
        const parts = value => value.match(/[\\d.]+/g).map(Number)
        const light = rgb => rgb.slice(0, 3).map(part => {
            const share = part / 255
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
        }).reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0)
        const card = getComputedStyle(document.querySelector('figure'))
        const ground = light(parts(card.backgroundColor))
        const colors = [...document.querySelectorAll('.js-line')].map(
            line => getComputedStyle(line).stroke)
        return [...new Set(colors)].filter(color => color.startsWith('rgb(')).map(color => {
            const [low, high] = [light(parts(color)), ground].sort((a, b) => a - b)
            return [color, (high + 0.05) / (low + 0.05)]
        }) })()"""
    )
    assert len(low) > 3
    assert [color for color in low if color[1] < 3] == []


def test_the_charts_follow_the_system_and_the_button(themed: Page) -> None:
    card = "getComputedStyle(document.querySelector('figure')).backgroundColor"
    paper = "getComputedStyle(document.querySelector('#active .main-svg')).backgroundColor"
    before = themed.evaluate(card)
    assert themed.evaluate(paper) == before
    themed.evaluate("document.getElementById('theme').click()")
    after = themed.evaluate(card)
    assert after != before
    assert themed.evaluate(paper) == after
    themed.evaluate("document.getElementById('theme').click()")
    assert themed.evaluate(card) == before


def test_whatever_can_be_used_has_a_name(page: Page) -> None:
    page.call("Accessibility.enable")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    page.call("Accessibility.disable")
    usable = {"button", "combobox", "checkbox", "radio", "link", "searchbox", "image", "Date"}
    found = [
        (node["role"]["value"], node.get("name", {}).get("value", "").strip())
        for node in nodes
        if not node.get("ignored") and node["role"]["value"] in usable
    ]
    assert len(found) > 60
    assert [role for role, name in found if not name] == []
    # two buttons of the same name would be told apart by eyes only
    buttons = [name for role, name in found if role == "button"]
    # the browser's own, each within a field that has a name
    buttons = [name for name in buttons if "Show date picker" not in name]
    assert [name for name, times in Counter(buttons).items() if times > 1] == []


def press(page: Page, key: str) -> None:
    """Press a key as a keyboard does."""
    codes = {
        "ArrowLeft": 37,
        "ArrowUp": 38,
        "ArrowRight": 39,
        "ArrowDown": 40,
        "Enter": 13,
        "Tab": 9,
    }
    for kind in ("rawKeyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=codes[key])
    page.evaluate("new Promise(done => setTimeout(done, 50))")


def test_the_keyboard_leads_through_the_triangle(page: Page) -> None:
    choose(page, days="all", retention="weekly")
    page.evaluate("document.querySelector('.heat td[tabindex=\"0\"]').focus()")
    status = "document.querySelector('#cohorts .status').textContent"
    assert page.evaluate(status).startswith("All cohorts, week 1:")
    press(page, "ArrowRight")
    assert page.evaluate(status).startswith("All cohorts, week 2:")
    press(page, "ArrowDown")
    press(page, "ArrowDown")
    press(page, "ArrowDown")
    assert page.evaluate(status).startswith("Cohort of ")
    assert page.evaluate("document.querySelectorAll('.heat td[tabindex=\"0\"]').length") == 1


def test_the_keyboard_leads_through_the_points_of_a_chart(page: Page) -> None:
    choose(page, days="7")
    page.evaluate("document.querySelector('#active .chart').focus()")
    press(page, "ArrowRight")
    press(page, "ArrowRight")
    spoken = page.evaluate("document.getElementById('spoken').textContent")
    assert spoken.startswith("2026-02-23: active users")
    assert page.evaluate("document.querySelectorAll('#active .hoverlayer .traces').length") > 0


def test_tab_reaches_every_control_in_the_order_of_the_page(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")
    seen = []
    for _ in range(20):
        press(page, "Tab")
        seen.append(
            page.evaluate(
                "(at => at.id || at.name || at.textContent.slice(0, 20))(document.activeElement)"
            )
        )
    assert seen[:3] == ["To the numbers", "theme", "days"]
    assert {"from", "to", "period", "by"} <= set(seen)


def test_an_old_page_says_so(browser: Page, reports: Reports) -> None:
    later = (
        "{ const Then = Date; Date = class extends Then { constructor(...parts) {"
        " if (parts.length) super(...parts); else super(Then.now() + 10 * 86400000) } } }"
    )
    added = browser.call("Page.addScriptToEvaluateOnNewDocument", source=later)
    try:
        browser.open(Path("/dev/null"), *DESKTOP)
        browser.open(reports.page, *DESKTOP)
        said = browser.evaluate("document.getElementById('stale').textContent")
    finally:
        browser.call("Page.removeScriptToEvaluateOnNewDocument", identifier=added["identifier"])
    assert "This page was made 10 days ago" in said


def test_when_it_was_made_and_how_old_the_latest_event_is_are_shown(page: Page) -> None:
    assert page.evaluate("document.getElementById('latest').textContent").startswith("2026-03-01 ")
    assert page.evaluate("document.getElementById('made').textContent").endswith(" UTC")
    stale = page.evaluate("document.getElementById('stale').textContent")
    assert "made" not in stale.partition("old when")[0]
    assert "The latest event was" in stale


def test_a_name_is_no_formula_in_a_spreadsheet(page: Page) -> None:
    """Names begin with what users like; a cell that begins with = would be computed."""
    text = (Path(__file__).parents[2] / "report" / "js" / "figures.js").read_text()
    start = text.index("function field(")
    function = text[start : text.index("\n}", start) + 2]
    found = page.evaluate(
        f"(() => {{ {function}; return ['=1+1', '@a', 'a,\"b\"', -3, null].map(field) }})()"
    )
    assert found == ["'=1+1", "'@a", '"a,""b"""', "-3", ""]
