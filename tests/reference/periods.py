"""Days, weeks and months on the calendar. A period is known by its first date."""

from datetime import date, timedelta

PERIODS = ("day", "week", "month")
WEEK_STARTS = {"monday": 0, "sunday": 6}


def period_start(period: str, day: date, week_start: str) -> date:
    """First date of the day, week or month that contains `day`."""
    if period == "day":
        return day
    if period == "week":
        return day - timedelta(days=(day.weekday() - WEEK_STARTS[week_start]) % 7)
    if period == "month":
        return day.replace(day=1)
    raise ValueError(f"period must be one of {PERIODS}, not {period!r}")


def later(period: str, start: date, count: int) -> date:
    """First date of the period that comes `count` periods after the one beginning on `start`."""
    if period == "day":
        return start + timedelta(days=count)
    if period == "week":
        return start + timedelta(weeks=count)
    if period == "month":
        months = start.year * 12 + (start.month - 1) + count
        return date(months // 12, months % 12 + 1, 1)
    raise ValueError(f"period must be one of {PERIODS}, not {period!r}")


def last_date(period: str, start: date) -> date:
    """Last date of the period that begins on `start`."""
    return later(period, start, 1) - timedelta(days=1)
