"""The page: charts with what they mean, in one HTML file that loads nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from report import overtime
from report.funnels import funnels
from report.parts import Chart, count, day, percent
from report.queries import Data
from report.retention import retentions

_HERE = Path(__file__).parent

# What a doc block says before this paragraph stands beside the chart, the rest can be opened.
_FOLDED_FROM = "**Grain.**"


@dataclass(frozen=True)
class Definition:
    """What the catalog says about a view, as HTML."""

    view: str
    summary: Markup
    rest: Markup


@dataclass(frozen=True)
class Section:
    """Charts of one view, and what that view counts."""

    key: str
    title: str
    definition: Definition
    charts: list[Chart]


def sections(data: Data, descriptions: Mapping[str, str]) -> list[Section]:
    """Draw all charts.

    Args:
        data: What was read from the views; with at least one day.
        descriptions: The doc block of each view.
    """
    funnel_steps, funnel_entries = funnels(data.funnels, data.entries)
    made = (
        (
            "Active users",
            "daily_active_users",
            [
                overtime.active_users(
                    data.active_users, data.facts["wau_days"], data.facts["mau_days"]
                )
            ],
        ),
        ("Lifecycle", "user_lifecycle", [overtime.lifecycle(data.lifecycle)]),
        ("Retention", "cohort_retention", retentions(data.retention)),
        ("Funnels", "funnel_conversion", funnel_steps),
        ("Funnels by date", "funnel_conversion_daily", funnel_entries),
        ("Churn", "daily_churn", [overtime.churn(data.churn)] if data.churn else []),
        ("Sessions", "daily_sessions", [overtime.sessions(data.sessions)]),
    )
    return [
        Section(view.replace("_", "-"), title, define(view, descriptions[view]), charts)
        for title, view, charts in made
        if charts
    ]


def define(view: str, description: str) -> Definition:
    """Turn a view's doc block into HTML; HTML in it is shown, not obeyed."""
    summary, found, rest = description.strip().partition(_FOLDED_FROM)
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    return Definition(
        view,
        Markup(markdown.render(summary)),  # noqa: S704
        Markup(markdown.render(found + rest)),  # noqa: S704
    )


def render(data: Data, descriptions: Mapping[str, str]) -> str:
    """Write the page; without any event it says so and draws nothing."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    has_events = data.facts["last_date"] is not None
    scripts = [get_plotlyjs(), (_HERE / "page.js").read_text("utf-8")] if has_events else []
    page: str = environment.get_template("page.html").render(
        facts=data.facts,
        tiles=_tiles(data),
        sections=sections(data, descriptions) if has_events else [],
        figure=_figure,
        style=Markup((_HERE / "page.css").read_text("utf-8")),  # noqa: S704 (our own file)
        scripts=[Markup(script) for script in scripts],  # noqa: S704 (likewise)
        # Nothing but these two scripts may run, and nothing may be loaded, whatever a name says.
        allowed=" ".join(_digest(script) for script in scripts) or "'none'",
    )
    return page


def _digest(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _figure(chart: Chart) -> Markup:
    """Write a figure as JSON that cannot end the element around it."""
    text: Any = chart.figure.to_json()
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 (escaped above)


def _tiles(data: Data) -> list[tuple[str, str, str]]:
    """Name, number and date of what is asked first, on the last day that is over."""
    over = [row for row in data.active_users if row["is_complete"]]
    if not over:
        return []
    row = over[-1]
    date = day(row["activity_date"])
    wau, mau = (f"{data.facts[name]} days" for name in ("wau_days", "mau_days"))
    return [
        ("Daily active users", count(row["dau"]), f"on {date}"),
        ("Weekly active users", count(row["wau"]), f"{wau} to {date}"),
        ("Monthly active users", count(row["mau"]), f"{mau} to {date}"),
        ("Stickiness", percent(row["stickiness"]), f"dau / mau on {date}"),
    ]
