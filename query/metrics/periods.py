"""Days, weeks from Monday, months, quarters and years, as date_trunc has them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import get_args

from query.metrics.definitions import Grain

GRAINS: tuple[Grain, ...] = get_args(Grain)
#: Before this year nothing is looked for.
EARLIEST = date(1900, 1, 1)
_IN_A_YEAR = {"day": 365, "week": 52, "month": 12, "quarter": 4, "year": 1}
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
    """The first date of the period so many later than one that begins then; below 0 earlier."""
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
    start = start_of(grain, end)
    # a few more than there are at all, as nobody counts before asking
    number = min(number, (start.year - EARLIEST.year) * _IN_A_YEAR[grain])
    return moved(grain, start, 1 - number), end
