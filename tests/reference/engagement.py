"""daily_active_users, active_users and signups."""

from collections.abc import Iterator
from datetime import date, timedelta

from .history import History
from .periods import PERIODS, last_date
from .registry import Row, ratio, view


def _active_users(history: History, first: date, last: date) -> int:
    """Distinct users with activity on the local dates from `first` to `last`, both included."""
    return len({e.user_id for e in history.activity if first <= history.event_date(e) <= last})


@view("activity_date")
def daily_active_users(history: History) -> Iterator[Row]:
    """Distinct active users on each date, and on the windows that end with it."""
    settings = history.settings
    for day in history.calendar:
        dau = _active_users(history, day, day)
        mau = _active_users(history, day - timedelta(days=settings.mau_days - 1), day)
        yield {
            "activity_date": day,
            "dau": dau,
            "wau": _active_users(history, day - timedelta(days=settings.wau_days - 1), day),
            "mau": mau,
            "stickiness": ratio(dau, mau),
        }


@view("period", "period_start")
def active_users(history: History) -> Iterator[Row]:
    """Distinct active users in each day, week and month."""
    for period in PERIODS:
        for start in history.periods(period):
            yield {
                "period": period,
                "period_start": start,
                "active_users": _active_users(history, start, last_date(period, start)),
                "is_complete": history.is_complete(period, start),
            }


@view("signup_date")
def signups(history: History) -> Iterator[Row]:
    """Users whose signup lies on each date."""
    dates = [history.event_date(event) for event in history.signups.values()]
    for day in history.calendar:
        yield {"signup_date": day, "signups": dates.count(day)}
