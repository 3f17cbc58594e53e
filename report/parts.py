"""What every chart is made of: numbers as text, colours, axes, and the marks of what still runs."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from report.queries import Row

# Okabe and Ito's colours: apart from each other for every kind of colour vision.
BLUE, ORANGE, GREEN = "#0072b2", "#e69f00", "#009e73"
VERMILION, PURPLE, GREY = "#d55e00", "#aa4a87", "#6b7280"
INK, SOFT, GRID = "#1f2933", "#52606d", "#e5e7eb"

HOVER = "%{customdata}<extra></extra>"
STILL_RUNNING = "still running"
LONGEST_LABEL = 34


@dataclass(frozen=True)
class Table:
    """The numbers of a chart as text, one cell for each; `open_rows` are still running."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    open_rows: Sequence[bool]
    note: str = ""


@dataclass(frozen=True)
class Sample:
    """One entry of a legend; `kind` is line, bar, dotted or hatched."""

    name: str
    color: str
    kind: str


@dataclass(frozen=True)
class Chart:
    """A chart and what stands around it; all of it plain text.

    Attributes:
        key: Its id in the page.
        title: What it shows.
        note: Which rows, and what to look out for.
        alternative: The chart in a sentence, for those who do not see it.
        figure: What is drawn.
        table: The numbers that are drawn.
        legend: What the colours and marks mean.
        definition: What the seed says about it; empty where the view says all.
    """

    key: str
    title: str
    note: str
    alternative: str
    figure: go.Figure
    table: Table
    legend: Sequence[Sample] = ()
    definition: str = ""


def count(value: float | None) -> str:
    """Write a whole number: 12,345; a dash for null."""
    return "—" if value is None else f"{value:,.0f}"


def percent(value: float | None) -> str:
    """Write a rate from 0 to 1 as per cent; a dash for null."""
    return "—" if value is None else f"{value:.1%}"


def decimal(value: float | None) -> str:
    """Write a number with two digits after the point; a dash for null."""
    return "—" if value is None else f"{value:,.2f}"


def duration(seconds: float | None) -> str:
    """Write elapsed seconds in the two largest units that fit: 1 d 13 h; a dash for null."""
    if seconds is None:
        return "—"
    if seconds < 60:
        return f"{seconds:.3g} s"
    whole = round(seconds)
    units = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
    place = next(index for index, (size, _) in enumerate(units) if whole >= size)
    (large, large_name), (small, small_name) = units[place : place + 2]
    parts = [f"{whole // large} {large_name}"]
    if whole % large // small:
        parts.append(f"{whole % large // small} {small_name}")
    return " ".join(parts)


def day(value: dt.date) -> str:
    """Write a date: 2026-03-01."""
    return value.isoformat()


def mark(is_complete: bool) -> str:
    """Write whether a period is over."""
    return "complete" if is_complete else STILL_RUNNING


def plain(text: str) -> str:
    """Write somebody's text so that Plotly, which knows some tags, draws it as it is."""
    return html.escape(text, quote=False)


def short(text: str) -> str:
    """Cut a label to what fits beside or above a bar, as Plotly draws it."""
    return plain(text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…")


def event(name: str) -> str:
    """Say what a definition's event is: some have a meaning of their own."""
    return {"*": "any event", "$signup": "signup"}.get(name, name)


def axis(title: str = "", **settings: Any) -> dict[str, Any]:
    """An axis that does not catch the finger of somebody who scrolls."""
    return {
        "fixedrange": True,
        "gridcolor": GRID,
        "zeroline": False,
        "automargin": True,
        "title": {"text": title, "standoff": 8, "font": {"size": 13, "color": SOFT}},
        **settings,
    }


def head_panel(figure: go.Figure, number: int, text: str) -> None:
    """Write above a panel what it shows; `text` may have Plotly's tags."""
    figure.add_annotation(
        text=text,
        xref="paper",
        yref=f"y{'' if number == 1 else number} domain",
        x=0,
        y=1,
        xanchor="left",
        yanchor="bottom",
        yshift=3,
        showarrow=False,
    )


def lay_out(figure: go.Figure, height: int, **settings: Any) -> go.Figure:
    """Give a figure the look that all share; `height` in pixels."""
    figure.update_layout(
        template="none",
        height=height,
        autosize=True,
        margin={"l": 40, "r": 14, "t": 24, "b": 40},
        font={"family": "system-ui, -apple-system, Segoe UI, Roboto, sans-serif", "size": 13},
        font_color=INK,
        paper_bgcolor="white",
        plot_bgcolor="white",
        dragmode=False,
        hovermode="x unified",
        hoverlabel={"bgcolor": "white", "bordercolor": GRID, "font": {"color": INK}},
        # Legends are HTML, which wraps on a narrow screen.
        showlegend=False,
    )
    figure.update_layout(**settings)
    return figure


def hatched(rows: Sequence[Row], color: str) -> dict[str, Any]:
    """The look of bars, one for each row: hatched where a period still runs."""
    shape = ["" if row["is_complete"] else "/" for row in rows]
    return {"color": color, "pattern": {"shape": shape, "size": 5, "bgcolor": "white"}}


def explain(
    kind: str, names: Sequence[tuple[str, str]], rows: Sequence[Row], running: str = STILL_RUNNING
) -> list[Sample]:
    """Write the legend of lines or bars: their names and colours, and what still runs, if any."""
    samples = [Sample(name, color, kind) for name, color in names]
    if not all(row["is_complete"] for row in rows):
        samples.append(Sample(running, GREY, "dotted" if kind == "line" else "hatched"))
    return samples


@dataclass(frozen=True)
class Line:
    """A column over time.

    Attributes:
        date: The column of dates.
        value: The column to draw; null leaves a gap.
        name: What it is called in legend and hover, as Plotly draws it.
        form: How a value is written.
        color: Of the line.
        panel: The panel to draw it in, from 1.
    """

    date: str
    value: str
    name: str
    form: Callable[[Any], str]
    color: str
    panel: int = 1


def said(text: str, row: Row, running: str = STILL_RUNNING) -> str:
    """Write what hovering over a row's mark shows."""
    return text if row["is_complete"] else f"{text} · {running}"


def add_line(figure: go.Figure, rows: Sequence[Row], line: Line, **settings: Any) -> None:
    """Draw a line, dotted and with hollow points where a day still runs.

    Args:
        figure: Where to draw; it has panels.
        rows: In order of time, with `is_complete`.
        line: What to draw.
        settings: More of Plotly's for the line where it is solid.
    """
    over = [row for row in rows if row["is_complete"]]
    running = [row for row in rows if not row["is_complete"]]

    def draw(found: Sequence[Row], **look: Any) -> None:
        trace = go.Scatter(
            x=[day(row[line.date]) for row in found],
            y=[row[line.value] for row in found],
            name=line.name,
            cliponaxis=False,
            **look,
        )
        figure.add_trace(trace, row=line.panel, col=1)

    # The lines are silent: a point where one ends and the next begins would speak twice.
    solid = {"color": line.color, "width": 2}
    draw(over, mode="lines", line=solid, hoverinfo="skip", **settings)
    if running:
        dotted = {**solid, "dash": "dot"}
        draw([*over[-1:], *running], mode="lines", line=dotted, hoverinfo="skip")
    draw(
        rows,
        mode="markers",
        marker={
            "symbol": "circle-open",
            "size": [0 if row["is_complete"] else 8 for row in rows],
            "opacity": 1,
            "color": line.color,
            "line": {"width": 2},
        },
        customdata=[said(f"{line.name} {line.form(row[line.value])}", row) for row in rows],
        hovertemplate=HOVER,
        meta={"column": line.value},
    )
