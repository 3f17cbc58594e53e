"""What the report writes around its charts, and what it makes of names that mean harm."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from report.page import SCRIPTS, define
from report.queries import QUERIES
from report.sections import SECTIONS
from report.users import USER_QUERIES, listed
from tests.support.databases import REPOSITORY
from tests.support.report import DAYS, HARMFUL, embedded, harmful_data, no_data, page_of

JAVASCRIPT = REPOSITORY / "report" / "js"


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


def test_names_that_mean_harm_are_text() -> None:
    found = Tags(page_of(harmful_data()))
    assert found.tags.isdisjoint({"img", "iframe", "object", "b", "br"})
    assert found.attributes.isdisjoint({"src", "onerror", "onload"})
    assert any(HARMFUL in text for text in found.text)


def test_names_arrive_in_the_page_as_they_are() -> None:
    page = page_of(harmful_data())
    data = embedded(page)
    assert data["tables"]["funnels"] == {"funnel": [HARMFUL], "description": [HARMFUL]}
    # and end no element on their way
    assert "<img" not in page


def test_instants_and_dates_are_written_alike_whatever_an_engine_hands_over() -> None:
    data = embedded(page_of(harmful_data()))
    assert data["tables"]["event_catalog"]["last_event_at"] == ["2026-03-01T00:00:00+00:00"]
    assert data["facts"]["latest_event_at"] == "2026-03-03T12:00:00+00:00"
    assert data["tables"]["daily_active_users"]["activity_date"] == [str(day) for day in DAYS]


def test_only_the_scripts_of_the_page_may_run_and_nothing_may_be_loaded() -> None:
    text = page_of(harmful_data())
    (policy,) = re.findall(r'"Content-Security-Policy" content="([^"]*)"', html.unescape(text))
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]


@pytest.mark.parametrize("part", sorted(JAVASCRIPT.glob("*.js")), ids=lambda path: path.stem)
def test_the_script_makes_no_html_of_text(part: Path) -> None:
    assert part.stem in SCRIPTS
    used = re.findall(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", part.read_text()
    )
    assert used == []


def test_html_in_a_doc_block_is_shown() -> None:
    definition = define("view", "One <script>alert(1)</script>.\n\n**Grain.** <img src=x>")
    assert "<script" not in definition.text
    assert "&lt;script&gt;" in definition.text
    assert "<img" not in definition.text


def test_without_events_there_is_no_chart() -> None:
    text = page_of(no_data())
    assert "There is nothing to show yet" in text
    assert "<figure" not in text


def test_without_definitions_there_are_no_sections_of_them() -> None:
    data = harmful_data()
    for name in ("funnels", "retentions", "segments"):
        data.tables[name] = []
    shown = set(re.findall(r'<section id="([a-z]+)"', page_of(data)))
    assert shown == {section.key for section in SECTIONS} - {"funnels", "retention", "segments"}


def test_a_user_of_a_retention_is_one_row_with_all_cells() -> None:
    found = listed(
        {
            "retention_users": [
                {"retention": "r", "cohort_start": DAYS[0], "user_id": user, "period_number": cell}
                for user, cell in (("ada", 0), ("ada", 2), ("ben", 0))
            ]
        }
    )
    assert [(row["user_id"], row["cells"]) for row in found["retention_users"]] == [
        ("ada", [0, 2]),
        ("ben", [0]),
    ]


def test_the_page_is_made_of_all_views_that_people_look_at() -> None:
    """The exposure names the views that are read; left out are users, visits, and alerts."""
    exposures = yaml.safe_load((REPOSITORY / "models" / "exposures.yml").read_text())["exposures"]
    (report,) = [exposure for exposure in exposures if exposure["name"] == "report"]
    read = set(re.findall(r"ref\('(\w+)'\)", " ".join(QUERIES.values())))
    seeds = {path.stem for path in (REPOSITORY / "seeds").glob("*.csv")}
    named = {f"ref('event_analytics', '{name}')" for name in read - seeds}
    assert named == set(report["depends_on"])
    of_users = set(re.findall(r"ref\('(\w+)'\)", " ".join(USER_QUERIES.values())))
    public = {path.stem for path in (REPOSITORY / "models" / "marts").glob("*/*.sql")}
    assert public - read - of_users == {
        *("sessions", "user_identities"),
        *("metric_alerts", "metric_anomalies"),
    }
