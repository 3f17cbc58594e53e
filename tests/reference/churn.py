"""user_churn, churn_summary and daily_churn."""

from collections.abc import Iterator
from datetime import date

from .history import History
from .registry import Row, ratio, view


def _last_active(history: History, until: date) -> dict[str, date]:
    """Last date with activity up to `until`, for each user who has any."""
    last: dict[str, date] = {}
    for event in history.activity:
        day = history.event_date(event)
        if day <= until:
            last[event.user_id] = max(day, last.get(event.user_id, day))
    return last


def _status(history: History, days_inactive: int) -> str:
    (status,) = [
        window.churn_status
        for window in history.definitions.churn_windows
        if window.min_days_inactive <= days_inactive
        and (window.max_days_inactive is None or days_inactive <= window.max_days_inactive)
    ]
    return status


def _statuses(history: History, day: date | None) -> dict[str, str]:
    """Status of each user on a date; None is a history without events."""
    if day is None:
        return {}
    return {
        user: _status(history, (day - last).days)
        for user, last in _last_active(history, day).items()
    }


@view("user_id")
def user_churn(history: History) -> Iterator[Row]:
    """How long each user has been inactive on `as_of_date`."""
    if history.as_of_date is None:
        return
    for user, last in _last_active(history, history.as_of_date).items():
        days_inactive = (history.as_of_date - last).days
        yield {
            "user_id": user,
            "last_active_date": last,
            "days_inactive": days_inactive,
            "churn_status": _status(history, days_inactive),
        }


@view("churn_status")
def churn_summary(history: History) -> Iterator[Row]:
    """Users in each churn status on `as_of_date`."""
    statuses = list(_statuses(history, history.as_of_date).values())
    for window in history.definitions.churn_windows:
        users = statuses.count(window.churn_status)
        yield {
            "churn_status": window.churn_status,
            "users": users,
            "share": ratio(users, len(statuses)),
        }


@view("as_of_date", "churn_status")
def daily_churn(history: History) -> Iterator[Row]:
    """Users in each churn status on every date, knowing nothing later than that date."""
    for day in history.calendar:
        statuses = list(_statuses(history, day).values())
        for window in history.definitions.churn_windows:
            yield {
                "as_of_date": day,
                "churn_status": window.churn_status,
                "users": statuses.count(window.churn_status),
            }
