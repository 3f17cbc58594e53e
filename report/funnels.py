"""The funnels: two charts for each row of seeds/funnels.csv."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import plotly.graph_objects as go

from report.parts import (
    BLUE,
    HOVER,
    INK,
    Chart,
    Table,
    axis,
    count,
    day,
    duration,
    event,
    explain,
    hatched,
    lay_out,
    mark,
    percent,
    plain,
    said,
    short,
)
from report.queries import Row

MAY_CONVERT = "may still convert"


def funnels(rows: Sequence[Row], entries: Sequence[Row]) -> tuple[list[Chart], list[Chart]]:
    """For each funnel its steps, and for each its users by date of entry."""
    by_step, by_date = [], []
    for number, (name, found) in enumerate(groupby(rows, key=lambda row: row["funnel"]), start=1):
        steps = list(found)
        by_step.append(_steps(number, name, steps))
        dates = [row for row in entries if row["funnel"] == name]
        if dates:
            by_date.append(_entries(number, name, steps, dates))
    return by_step, by_date


def _definition(row: Row) -> str:
    window = row["window_seconds"]
    limit = "without a limit of time" if window is None else f"within {duration(window)}"
    return f"{row['description'] or row['funnel']}. Steps {row['step_order']}, {limit}."


def _steps(number: int, name: str, steps: Sequence[Row]) -> Chart:
    figure = go.Figure(
        go.Bar(
            x=[row["users"] for row in steps],
            y=[row["step"] for row in steps],
            orientation="h",
            width=0.5,
            marker={"color": BLUE},
            customdata=[_step_hover(row) for row in steps],
            hovertemplate=HOVER,
            meta={"funnel": name},
        )
    )
    for row in steps:
        figure.add_annotation(
            text=(
                f"<b>{row['step']}. {short(event(row['step_name']))}</b>  {count(row['users'])}"
                f" · {percent(row['conversion_from_start'])}"
            ),
            x=0,
            y=row["step"] - 0.27,
            xanchor="left",
            yanchor="bottom",
            showarrow=False,
            font={"color": INK},
        )
    figure.update_xaxes(axis("users", rangemode="tozero", tickformat=",d", nticks=5))
    figure.update_yaxes(axis(range=[len(steps) + 0.4, 0.3], showticklabels=False, showgrid=False))
    lay_out(figure, 70 + 64 * len(steps), hovermode="closest")
    figure.update_layout(margin={"l": 16, "t": 8})
    return Chart(
        key=f"funnel-{number}",
        title=f"Funnel: {name}",
        note="Users who got at least as far as each step, and their share of those at step 1.",
        alternative="Bars: "
        + ", ".join(
            f"step {row['step']} {event(row['step_name'])} {count(row['users'])} users"
            for row in steps
        )
        + ".",
        figure=figure,
        table=Table(
            header=["step", "event", "users", "of the first", "of the previous", "median time"],
            rows=[
                [
                    str(row["step"]),
                    event(row["step_name"]),
                    count(row["users"]),
                    percent(row["conversion_from_start"]),
                    percent(row["conversion_from_previous"]),
                    duration(row["median_seconds_from_previous"]),
                ]
                for row in steps
            ],
            open_rows=[False] * len(steps),
        ),
        definition=_definition(steps[0]),
    )


def _step_hover(row: Row) -> str:
    return (
        f"<b>{row['step']}. {short(event(row['step_name']))}</b><br>{count(row['users'])} users<br>"
        f"{percent(row['conversion_from_start'])} of the first step, "
        f"{percent(row['conversion_from_previous'])} of the previous<br>"
        f"median time from the previous: {duration(row['median_seconds_from_previous'])}"
    )


def _entries(number: int, name: str, steps: Sequence[Row], rows: Sequence[Row]) -> Chart:
    last = steps[-1]["step"]
    first_rows = [row for row in rows if row["step"] == steps[0]["step"]]
    last_rows = [row for row in rows if row["step"] == last]
    figure = go.Figure()
    bars = (("entered", "#a8b2bd", first_rows), (f"reached step {last}", BLUE, last_rows))
    for title, color, found in bars:
        figure.add_trace(
            go.Bar(
                x=[day(row["entry_date"]) for row in found],
                y=[row["users"] for row in found],
                name=title,
                marker=hatched(found, color),
                customdata=[_entry_hover(title, row) for row in found],
                hovertemplate=HOVER,
                meta={"funnel": name, "step": found[0]["step"]},
            )
        )
    figure.update_xaxes(axis("date of entry", type="date", showgrid=False))
    figure.update_yaxes(axis("users", rangemode="tozero", tickformat=",d"))
    by_cell = {(row["entry_date"], row["step"]): row for row in rows}
    return Chart(
        key=f"funnel-{number}-entries",
        title=f"Funnel by date of entry: {name}",
        note=(
            f"Those who entered on {day(rows[0]['entry_date'])} to {day(rows[-1]['entry_date'])}, "
            "and how many of them got to the last step so far. Hatched: the window of some is not "
            "over; a funnel without a window always stays open."
        ),
        alternative=f"Bars by date of entry: users who entered, and who reached step {last}.",
        figure=lay_out(figure, 300, barmode="overlay", bargap=0.15),
        legend=explain("bar", [(title, color) for title, color, _ in bars], last_rows, MAY_CONVERT),
        table=Table(
            header=[
                "date",
                *(f"step {row['step']}" for row in steps),
                "reached the last",
                "period",
            ],
            rows=[
                [
                    day(row["entry_date"]),
                    *(count(by_cell[row["entry_date"], step["step"]]["users"]) for step in steps),
                    percent(row["conversion_from_start"]),
                    mark(row["is_complete"]),
                ]
                for row in last_rows
            ],
            open_rows=[not row["is_complete"] for row in last_rows],
        ),
        definition=_definition(steps[0]),
    )


def _entry_hover(title: str, row: Row) -> str:
    share = f" ({percent(row['conversion_from_start'])})" if row["step"] > 1 else ""
    return said(f"{plain(title)} {count(row['users'])}{share}", row, MAY_CONVERT)
