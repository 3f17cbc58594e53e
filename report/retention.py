"""The retention heat maps: one for each row of seeds/retentions.csv."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import plotly.graph_objects as go

from report.parts import (
    HOVER,
    STILL_RUNNING,
    VERMILION,
    Chart,
    Table,
    axis,
    count,
    day,
    event,
    lay_out,
    mark,
    percent,
)
from report.queries import Row

# From almost white to dark, one hue: order survives every kind of colour vision, and grey print.
SCALE = [[0, "#f1f7fb"], [0.35, "#a9cfe5"], [0.7, "#3d8ebd"], [1, "#08446b"]]


def retentions(rows: Sequence[Row]) -> list[Chart]:
    """A heat map for each retention."""
    found = groupby(rows, key=lambda row: row["retention"])
    return [
        _retention(number, name, list(cells)) for number, (name, cells) in enumerate(found, start=1)
    ]


def _retention(number: int, name: str, rows: Sequence[Row]) -> Chart:
    period = rows[0]["period"]
    cells = [row for row in rows if row["period_number"] > 0]
    sizes = {row["cohort_start"]: row["cohort_users"] for row in rows}
    numbers = sorted({row["period_number"] for row in cells})
    by_cell = {(row["cohort_start"], row["period_number"]): row for row in cells}
    grid = [[by_cell.get((cohort, k)) for k in numbers] for cohort in sizes]
    label = {cohort: f"{day(cohort)} · {count(size)}" for cohort, size in sizes.items()}
    figure = go.Figure(
        go.Heatmap(
            x=numbers,
            y=list(label.values()),
            z=[[cell["retention_rate"] if cell else None for cell in line] for line in grid],
            customdata=[[_hover(cell, period) if cell else "" for cell in line] for line in grid],
            hovertemplate=HOVER,
            hoverongaps=False,
            colorscale=SCALE,
            zmin=0,
            zmax=max((cell["retention_rate"] or 0 for cell in cells), default=0) or 1,
            xgap=2,
            ygap=2,
            texttemplate="%{z:.0%}",
            colorbar={
                "orientation": "h",
                "thickness": 10,
                "tickformat": ".0%",
                "x": 0,
                "xanchor": "left",
                "len": 1,
                # Above the cells with its own labels, which are 20 pixels high.
                "y": 1 + 20 / (22 * max(len(sizes), 6)),
                "yanchor": "bottom",
                "ypad": 0,
                "nticks": 4,
                "tickangle": 0,
                "outlinewidth": 0,
            },
            meta={"retention": name},
        )
    )
    lines = list(sizes)
    for row in cells:
        if not row["is_complete"] and row["cohort_users"]:
            x, y = row["period_number"], lines.index(row["cohort_start"])
            figure.add_shape(
                type="rect",
                x0=x - 0.46,
                x1=x + 0.46,
                y0=y - 0.42,
                y1=y + 0.42,
                line={"color": VERMILION, "width": 1.5, "dash": "dot"},
            )
    figure.update_xaxes(
        axis(
            f"{period}s later",
            showgrid=False,
            dtick=1,
            tickangle=0,
            range=[0.5, max(numbers, default=1) + 0.5],
        )
    )
    figure.update_yaxes(
        axis(
            showgrid=False,
            range=[len(sizes) - 0.5, -0.5],
            type="category",
            tickfont={"size": 12},
            ticklabelstandoff=4,
        )
    )
    lay_out(figure, 130 + 22 * max(len(sizes), 6), hovermode="closest")
    return Chart(
        key=f"retention-{number}",
        title=f"Retention: {name}",
        note=(
            f"The latest {len(sizes)} cohorts: first date of the {period}, and users. Each cell is "
            f"the share of a cohort that was back in that {period}; {period} 0, the cohort itself, "
            "is left out. Framed cells are still running."
        ),
        alternative=(
            f"Heat map of the share of each cohort that came back, up to {max(numbers, default=0)} "
            f"{period}s later; the table has each cell."
        ),
        figure=figure,
        table=_retention_table(sizes, numbers, by_cell),
        definition=(
            f"Cohorts ({rows[0]['cohort_kind']}): {event(rows[0]['cohort_event'])}. "
            f"Came back: {event(rows[0]['return_event'])}."
        ),
    )


def _hover(cell: Row, period: str) -> str:
    return (
        f"<b>{percent(cell['retention_rate'])}</b> of the cohort of {day(cell['cohort_start'])}"
        f"<br>{count(cell['retained_users'])} of {count(cell['cohort_users'])} users, "
        f"{period} {cell['period_number']}<br>{mark(cell['is_complete'])}"
    )


def _retention_table(
    sizes: dict[object, int], numbers: Sequence[int], by_cell: dict[tuple[object, int], Row]
) -> Table:
    def cell(row: Row | None) -> str:
        if row is None:
            return ""
        return percent(row["retention_rate"]) + ("" if row["is_complete"] else " *")

    return Table(
        header=["cohort", "users", *map(str, numbers)],
        rows=[
            [
                str(cohort),
                count(size),
                *(cell(by_cell.get((cohort, k))) for k in numbers),
            ]
            for cohort, size in sizes.items()
        ],
        open_rows=[False] * len(sizes),
        note=f"* {STILL_RUNNING}",
    )
