"""A chart of `charts.yml`, before it is one of Superset's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart whose names are those of a dataset.

    Attributes:
        title: What stands above it.
        kind: One of KINDS in drawing.py.
        metrics: Names of the dataset's metrics; of most kinds one.
        by: Columns that tell lines, slices or rows of a table apart.
        x: The column along the bottom; y that along the side.
        y: See x.
        time: The dataset's date, if the chart has one along the bottom or can be limited by it.
        grain: day, week or month.
        where: SQL over the view's columns that holds always; empty for none.
        lag: With the value how many steps before a number is compared; 0 with none.
        lag_words: What is said of that.
        columns: All columns of the view, for a list of rows.
        has_times: Whether the view has times of day, which a table then shows.
        is_stacked: Whether bars stand on one another.
        format: How numbers are written, in d3's words.
        width: Of twelve.
        height: In steps of Superset's grid, of 8 pixels.
    """

    title: str
    kind: str
    metrics: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    x: str = ""
    y: str = ""
    time: str = ""
    grain: str = "day"
    where: str = ""
    lag: int = 0
    lag_words: str = ""
    columns: tuple[str, ...] = ()
    has_times: bool = False
    is_stacked: bool = False
    format: str = "SMART_NUMBER"
    width: int = 6
    height: int = 50
