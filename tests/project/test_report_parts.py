"""What the report writes around its charts, and what it makes of names that mean harm."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
import yaml

from report.page import define, render
from report.parts import count, duration, percent
from report.queries import QUERIES
from tests.support.databases import REPOSITORY
from tests.support.report import HARMFUL, harmful_data, no_data

DESCRIPTIONS = dict.fromkeys(
    (
        "daily_active_users",
        "user_lifecycle",
        "cohort_retention",
        "funnel_conversion",
        "funnel_conversion_daily",
        "daily_churn",
        "daily_sessions",
    ),
    "What it is.\n\n**Formula.** a / b.\n\n**Grain.** One row.",
)


class Tags(HTMLParser):
    """The elements of a page and all attributes by which one could load or run something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "—"),
        (0, "0 s"),
        (0.25, "0.25 s"),
        (59.99, "60 s"),
        (60, "1 min"),
        (3_599, "59 min 59 s"),
        (3_600, "1 h"),
        (133_412.819, "1 d 13 h"),
        (604_800, "7 d"),
    ],
)
def test_durations_are_written_in_their_two_largest_units(seconds: Any, text: str) -> None:
    assert duration(seconds) == text


def test_a_null_is_no_zero() -> None:
    assert (count(None), count(0), count(12_345)) == ("—", "0", "12,345")
    assert (percent(None), percent(0.0), percent(0.0605)) == ("—", "0.0%", "6.0%")


def test_names_that_mean_harm_are_text() -> None:
    found = Tags(render(harmful_data(), DESCRIPTIONS))
    assert found.tags.isdisjoint({"img", "iframe", "object", "b", "br"})
    assert found.attributes.isdisjoint({"src", "onerror", "onload"})
    # the whole name is there to be read, in headings, legends and tables
    assert sum(HARMFUL in text for text in found.text) >= 5


def test_plotly_is_told_to_draw_names_as_they_are() -> None:
    text = render(harmful_data(), DESCRIPTIONS)
    figures = re.findall(r'id="[a-z0-9-]+-figure">(.*?)</script>', text)
    assert len(figures) == 8
    for figure in figures:
        # nothing that could end the element around it
        assert "<" not in figure
        parsed = json.loads(figure)
        for trace in parsed["data"]:
            # not drawn
            trace.pop("meta", None)
        # Plotly knows tags, so that a name's own have to be entities
        assert "<img" not in json.dumps(parsed)


def test_only_the_scripts_of_the_page_may_run_and_nothing_may_be_loaded() -> None:
    text = render(harmful_data(), DESCRIPTIONS)
    (policy,) = re.findall(r'"Content-Security-Policy" content="([^"]*)"', html.unescape(text))
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]


def test_html_in_a_doc_block_is_shown() -> None:
    definition = define("view", "One <script>alert(1)</script>.\n\n**Grain.** <img src=x>")
    assert "<script" not in definition.summary
    assert "&lt;script&gt;" in definition.summary
    assert "<img" not in definition.rest


def test_without_events_there_is_no_chart() -> None:
    text = render(no_data(), DESCRIPTIONS)
    assert "There is nothing to show yet" in text
    assert "<figure" not in text


def test_the_exposure_names_the_views_that_the_report_reads() -> None:
    exposures = yaml.safe_load((REPOSITORY / "models" / "exposures.yml").read_text())["exposures"]
    (report,) = [exposure for exposure in exposures if exposure["name"] == "report"]
    read = set(re.findall(r"ref\('(\w+)'\)", " ".join(QUERIES.values())))
    seeds = {path.stem for path in (REPOSITORY / "seeds").glob("*.csv")}
    named = {f"ref('event_analytics', '{name}')" for name in read - seeds}
    assert named == set(report["depends_on"])
