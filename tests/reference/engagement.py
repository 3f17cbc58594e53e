"""daily_active_users, active_users, signups, user_lifecycle and stickiness."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from .history import History
from .periods import PERIODS, last_date
from .registry import Row, ratio, view


def _active_users(history: History, first: date, last: date) -> int:
    """Distinct users with activity on the local dates from `first` to `last`, both included."""
    return len(history.active_within(first, last))


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


def _active_in(history: History, period: str, start: date) -> set[str]:
    """Users with activity in the period that begins on `start`."""
    return history.active_within(start, last_date(period, start))


@view("period", "period_start")
def user_lifecycle(history: History) -> Iterator[Row]:
    """New, retained, resurrected and dormant users of each day, week and month."""
    for period in PERIODS:
        before: set[str] = set()
        ever: set[str] = set()
        listed = set(history.periods(period))
        for start in history.all_periods(period):
            active = _active_in(history, period, start)
            new = active - ever
            retained = active & before
            resurrected = active - new - retained
            dormant = before - active
            before = active
            ever |= active
            if start not in listed:
                continue
            yield {
                "period": period,
                "period_start": start,
                "new_users": len(new),
                "retained_users": len(retained),
                "resurrected_users": len(resurrected),
                "active_users": len(active),
                "dormant_users": len(dormant),
                "quick_ratio": ratio(len(new) + len(resurrected), len(dormant)),
                "is_complete": history.is_complete(period, start),
            }


@view("period", "period_start", "days_active")
def stickiness(history: History) -> Iterator[Row]:
    """For each number of days of a week or month, the users active on just so many."""
    for period in ("week", "month"):
        for start in history.periods(period):
            end = last_date(period, start)
            days = {(e.user_id, history.event_date(e)) for e in history.activity}
            active = Counter(user_id for user_id, day in days if start <= day <= end)
            for number in range(1, (end - start).days + 2):
                yield {
                    "period": period,
                    "period_start": start,
                    "days_active": number,
                    "users": list(active.values()).count(number),
                }
