"""The charts by date: active users, lifecycle, churn, sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from report.parts import (
    BLUE,
    GREEN,
    GREY,
    HOVER,
    ORANGE,
    PURPLE,
    VERMILION,
    Chart,
    Line,
    Table,
    add_line,
    axis,
    count,
    day,
    decimal,
    duration,
    explain,
    hatched,
    head_panel,
    lay_out,
    mark,
    percent,
    said,
    short,
)
from report.queries import Row

Format = Callable[[Any], str]

# Names, colours and signs of the stacked bars: who is there above the axis, who is missing below.
LIFECYCLE = (
    ("retained_users", "retained", BLUE, 1),
    ("resurrected_users", "resurrected", GREEN, 1),
    ("new_users", "new", ORANGE, 1),
    ("dormant_users", "dormant", GREY, -1),
)
CHURN_COLOURS = (GREEN, ORANGE, VERMILION, PURPLE, BLUE, GREY)


def _span(rows: Sequence[Row], date: str) -> str:
    return f"{day(rows[0][date])} to {day(rows[-1][date])}"


def _table(rows: Sequence[Row], columns: Sequence[tuple[str, str, Format]]) -> Table:
    return Table(
        header=[*(title for _, title, _ in columns), "period"],
        rows=[
            [*(form(row[name]) for name, _, form in columns), mark(row["is_complete"])]
            for row in rows
        ],
        open_rows=[not row["is_complete"] for row in rows],
    )


def _panels(rows: Sequence[Row], date: str, titles: Sequence[str], heights: Sequence[float]) -> Any:
    """Panels one above the other, over the dates of all rows."""
    figure = make_subplots(
        rows=len(titles),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=min(0.1, 0.3 / len(titles)),
        row_heights=list(heights),
    )
    span = [day(rows[0][date]), day(rows[-1][date])]
    # A range of a single day would be none.
    figure.update_xaxes(
        axis(type="date", showgrid=False, range=span if span[0] < span[1] else None)
    )
    figure.update_xaxes(axis("date"), row=len(titles))
    for number, title in enumerate(titles, start=1):
        figure.update_yaxes(axis(rangemode="tozero", nticks=5), row=number)
        head_panel(figure, number, title)
    return figure


def active_users(rows: Sequence[Row], wau_days: int, mau_days: int) -> Chart:
    """Daily, weekly and monthly users, and below them how sticky the product is."""
    titles = ["<b>active users</b>", "<b>stickiness</b> · dau / mau"]
    figure = _panels(rows, "activity_date", titles, [0.68, 0.32])
    lines = (
        ("mau", f"mau ({mau_days} days)", PURPLE),
        ("wau", f"wau ({wau_days} days)", ORANGE),
        ("dau", "dau", BLUE),
    )
    for name, title, color in lines:
        add_line(figure, rows, Line("activity_date", name, title, count, color))
    stickiness = Line("activity_date", "stickiness", "stickiness", percent, GREEN, panel=2)
    add_line(figure, rows, stickiness)
    figure.update_yaxes(tickformat=",d", row=1)
    figure.update_yaxes(tickformat=".0%", row=2)
    latest = rows[-1]
    return Chart(
        key="active-users",
        title="Active users and stickiness",
        note=f"{_span(rows, 'activity_date')}, by day. Users may not be added up over days.",
        alternative=(
            f"Lines of daily, weekly and monthly active users and of stickiness; on "
            f"{day(latest['activity_date'])} ({mark(latest['is_complete'])}) dau was "
            f"{count(latest['dau'])}, wau {count(latest['wau'])}, mau {count(latest['mau'])}."
        ),
        figure=lay_out(figure, 460),
        legend=explain("line", [(title, color) for _, title, color in lines], rows),
        table=_table(
            rows,
            [
                ("activity_date", "date", day),
                ("dau", "dau", count),
                ("wau", "wau", count),
                ("mau", "mau", count),
                ("stickiness", "stickiness", percent),
            ],
        ),
    )


def lifecycle(rows: Sequence[Row]) -> Chart:
    """Where each week's users come from, and how many stayed away."""
    figure = go.Figure()
    for column, title, color, sign in LIFECYCLE:
        figure.add_trace(
            go.Bar(
                x=[day(row["period_start"]) for row in rows],
                y=[sign * row[column] for row in rows],
                name=title,
                customdata=[said(f"{title} {count(row[column])}", row) for row in rows],
                hovertemplate=HOVER,
                marker=hatched(rows, color),
                meta={"column": column},
            )
        )
    figure.add_trace(
        go.Scatter(
            x=[day(row["period_start"]) for row in rows],
            y=[0] * len(rows),
            mode="lines",
            line={"color": GREY, "width": 1},
            customdata=[
                f"active {count(row['active_users'])} · quick ratio {decimal(row['quick_ratio'])}"
                for row in rows
            ],
            hovertemplate=HOVER,
        )
    )
    figure.update_xaxes(axis("week that begins on", type="date", showgrid=False))
    figure.update_yaxes(axis("users (dormant below 0)", tickformat=",d"))
    complete = [row for row in rows if row["is_complete"]]
    latest = complete[-1] if complete else rows[-1]
    return Chart(
        key="lifecycle",
        title="Lifecycle by week",
        note=(
            f"Weeks that begin on {_span(rows, 'period_start')}. Above the line: who was active. "
            "Below it: who was active the week before and stayed away."
        ),
        alternative=(
            f"Stacked bars by week; in the week of {day(latest['period_start'])} "
            f"({mark(latest['is_complete'])}) {count(latest['new_users'])} users were new, "
            f"{count(latest['retained_users'])} retained, {count(latest['resurrected_users'])} "
            f"resurrected and {count(latest['dormant_users'])} dormant."
        ),
        figure=lay_out(figure, 400, barmode="relative", bargap=0.2),
        legend=explain("bar", [(title, color) for _, title, color, _ in LIFECYCLE], rows),
        table=_table(
            rows,
            [
                ("period_start", "week", day),
                ("new_users", "new", count),
                ("retained_users", "retained", count),
                ("resurrected_users", "resurrected", count),
                ("active_users", "active", count),
                ("dormant_users", "dormant", count),
                ("quick_ratio", "quick ratio", decimal),
            ],
        ),
    )


def _window(row: Row) -> str:
    first, last = row["min_days_inactive"], row["max_days_inactive"]
    return f"{first} days and more" if last is None else f"{first} to {last} days"


def churn(rows: Sequence[Row]) -> Chart:
    """A panel for each status: on one axis the largest would hide how the others move."""
    statuses = [list(found) for _, found in groupby(rows, key=lambda row: row["churn_status"])]
    titles = [
        f"<b>{short(found[0]['churn_status'])}</b> · {_window(found[0])}" for found in statuses
    ]
    figure = _panels(statuses[0], "as_of_date", titles, [1 / len(statuses)] * len(statuses))
    for number, found in enumerate(statuses, start=1):
        name = short(found[0]["churn_status"])
        color = CHURN_COLOURS[(number - 1) % len(CHURN_COLOURS)]
        line = Line("as_of_date", "users", name, count, color, panel=number)
        add_line(figure, found, line, fill="tozeroy")
        figure.update_yaxes(tickformat=",d", nticks=4, row=number)
    dates = statuses[0]
    by_date = {(row["churn_status"], row["as_of_date"]): row["users"] for row in rows}
    names = [found[0]["churn_status"] for found in statuses]
    last = dates[-1]["as_of_date"]
    return Chart(
        key="churn",
        title="Churn over time",
        note=(
            f"{_span(dates, 'as_of_date')}, by day: users by the days since they were last active. "
            "Each panel has a scale of its own."
        ),
        alternative=f"One line for each churn status; on {day(last)} "
        + ", ".join(f"{count(by_date[name, last])} users were in {name}" for name in names)
        + ".",
        figure=lay_out(figure, 80 + 130 * len(statuses)),
        legend=explain("line", [], dates),
        table=Table(
            header=["date", *names, "period"],
            rows=[
                [
                    day(row["as_of_date"]),
                    *(count(by_date[name, row["as_of_date"]]) for name in names),
                    mark(row["is_complete"]),
                ]
                for row in dates
            ],
            open_rows=[not row["is_complete"] for row in dates],
        ),
    )


def sessions(rows: Sequence[Row]) -> Chart:
    """How many visits there were, how long, and how busy."""
    titles = [
        "<b>sessions and their users</b>",
        "<b>median duration</b> · seconds",
        "<b>events per session</b>",
    ]
    figure = _panels(rows, "session_date", titles, [0.5, 0.25, 0.25])
    for line in (
        Line("session_date", "sessions", "sessions", count, BLUE),
        Line("session_date", "users", "users", count, ORANGE),
        Line("session_date", "median_duration_seconds", "median", duration, PURPLE, panel=2),
        Line("session_date", "events_per_session", "events per session", decimal, GREEN, panel=3),
    ):
        add_line(figure, rows, line)
    latest = rows[-1]
    return Chart(
        key="sessions",
        title="Daily sessions",
        note=f"{_span(rows, 'session_date')}, by the day on which a session began.",
        alternative=(
            f"Lines of sessions, their users, median duration and events per session; on "
            f"{day(latest['session_date'])} ({mark(latest['is_complete'])}) there were "
            f"{count(latest['sessions'])} sessions of {count(latest['users'])} users."
        ),
        figure=lay_out(figure, 540),
        legend=explain("line", [("sessions", BLUE), ("users", ORANGE)], rows),
        table=_table(
            rows,
            [
                ("session_date", "date", day),
                ("sessions", "sessions", count),
                ("users", "users", count),
                ("median_duration_seconds", "median duration", duration),
                ("events_per_session", "events per session", decimal),
            ],
        ),
    )
