"""The page: charts with what they mean, in one HTML file that loads nothing."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup

from report.queries import Data, Row
from report.sections import SECTIONS, Section

_HERE = Path(__file__).parent

#: The page's own script, in the order in which its parts need each other.
SCRIPTS = (
    "data", "words", "state", "look", "figures", "over_time", "active", "growth", "retention",
    "funnels", "paths", "churn", "segments", "catalog", "users", "tiles", "page",
)  # fmt: skip


@dataclass(frozen=True)
class Definition:
    """What the catalog says about a view, as HTML."""

    view: str
    text: Markup


def define(view: str, description: str) -> Definition:
    """Turn a view's doc block into HTML; HTML in it is shown, not obeyed."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    return Definition(view, Markup(markdown.render(description.strip())))  # noqa: S704


def render(
    data: Data,
    descriptions: Mapping[str, str],
    questions: Mapping[str, str],
    *,
    made_at: dt.datetime,
) -> str:
    """Write the page; without any event it says so and draws nothing.

    Args:
        data: What was read from the views.
        descriptions: The doc block of each view.
        questions: What each view answers.
        made_at: Now, with a time zone.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    has_events = data.facts["last_date"] is not None
    scripts = [plotly(), script()] if has_events else []
    page: str = environment.get_template("page.html").render(
        facts=data.facts,
        sections=_shown(data) if has_events else (),
        questions=questions,
        define=lambda view: define(view, descriptions[view]),
        data=embedded({"facts": {**data.facts, "made_at": made_at}, "tables": data.tables}),
        with_users="funnel_users" in data.tables,
        style=Markup((_HERE / "page.css").read_text("utf-8")),  # noqa: S704 (our own file)
        scripts=[Markup(script) for script in scripts],  # noqa: S704 (likewise)
        # Nothing but these two scripts may run, and nothing may be loaded, whatever a name says.
        allowed=" ".join(_digest(script) for script in scripts) or "'none'",
    )
    return page


def plotly() -> str:
    """Return Plotly's JavaScript; importing what draws in Python would take a second."""
    found = pkgutil.get_data("plotly", "package_data/plotly.min.js")
    if found is None:
        raise FileNotFoundError("plotly/package_data/plotly.min.js is not installed")
    return found.decode("utf-8")


def script() -> str:
    """Return the page's own script."""
    parts = [(_HERE / "js" / f"{name}.js").read_text("utf-8") for name in SCRIPTS]
    return '"use strict";\n(() => {\n' + "\n".join(parts) + "})();\n"


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _shown(data: Data) -> Sequence[Section]:
    """The sections for which something is defined: a project may have no funnel or segment."""
    return [section for section in SECTIONS if not section.needs or data.tables.get(section.needs)]


def embedded(found: Mapping[str, Any]) -> Markup:
    """Write what the page draws as JSON that cannot end the element around it.

    A table is an object with a list for each column, which takes a third of the room of rows.
    """
    tables = {name: _columns(rows) for name, rows in found["tables"].items()}
    text = json.dumps(
        {"facts": found["facts"], "tables": tables},
        default=_text,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 (escaped above)


def _columns(rows: Sequence[Row]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}


def _text(value: object) -> str:
    if isinstance(value, dt.datetime):
        # All engines hand over instants in UTC, some without saying so.
        zoned = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        return zoned.astimezone(dt.UTC).isoformat(timespec="seconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not expected in a view: {value!r}")
