"""Days, weeks from Monday, months, quarters and years, as date_trunc has them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import get_args

from query.metrics.definitions import Grain

GRAINS: tuple[Grain, ...] = get_args(Grain)
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def start_of(grain: Grain, day: date) -> date:
    """The first date of the period in which a day lies."""
    if grain == "day":
        return day
    if grain == "week":
        return day - timedelta(day.weekday())
    months = _MONTHS[grain]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def moved(grain: Grain, start: date, periods: int) -> date:
    """The first date of the period so many later (or, below 0, earlier) than one that begins then."""
    if grain in ("day", "week"):
        return start + timedelta(periods * (7 if grain == "week" else 1))
    month = start.year * 12 + start.month - 1 + periods * _MONTHS[grain]
    return date(month // 12, month % 12 + 1, 1)


def end_of(grain: Grain, day: date) -> date:
    """The last date of the period in which a day lies."""
    return moved(grain, start_of(grain, day), 1) - timedelta(1)


def last_ones(grain: Grain, number: int, last_date: date, *, whole: bool) -> tuple[date, date]:
    """First and last date of so many periods up to a date; ``whole``: that one ends by then."""
    end = end_of(grain, last_date)
    if whole and end > last_date:
        end = start_of(grain, last_date) - timedelta(1)
    return moved(grain, start_of(grain, end), 1 - number), end
