"""basic_retention, day_1_retention and cohort_retention."""

from collections.abc import Iterator
from datetime import date, timedelta

from .definitions import Retention
from .history import History
from .periods import later
from .registry import Row, ratio, view


def _signup_cohort(history: History, day: date) -> set[str]:
    return {user for user, event in history.signups.items() if history.event_date(event) == day}


@view("cohort_date")
def basic_retention(history: History) -> Iterator[Row]:
    """Of the users who signed up on a date: how many were active on any later date."""
    for day in history.calendar:
        cohort = _signup_cohort(history, day)
        later_days = [active for other, active in history.active_on.items() if other > day]
        returned = len(cohort.intersection(set().union(*later_days)))
        yield {
            "cohort_date": day,
            "cohort_users": len(cohort),
            "returned_users": returned,
            "retention_rate": ratio(returned, len(cohort)),
        }


@view("cohort_date")
def day_1_retention(history: History) -> Iterator[Row]:
    """Of the users who signed up on a date: how many were active on the next one."""
    for day in history.calendar:
        next_day = day + timedelta(days=1)
        cohort = _signup_cohort(history, day)
        retained = len(cohort & history.active_on.get(next_day, set()))
        yield {
            "cohort_date": day,
            "cohort_users": len(cohort),
            "retained_users": retained,
            "retention_rate": ratio(retained, len(cohort)),
            "is_complete": history.is_over(next_day),
        }


def _doers(history: History, reference: str, period: str) -> dict[date, set[str]]:
    """For each period in which anybody did the event, these users."""
    doers: dict[date, set[str]] = {}
    for event in history.events:
        if history.matches(event, reference):
            start = history.period_of(period, history.event_date(event))
            doers.setdefault(start, set()).add(event.user_id)
    return doers


def _cohort(definition: Retention, doers: dict[date, set[str]], start: date) -> set[str]:
    """Users of the cohort `start`; `doers` are those of the cohort event."""
    if definition.cohort_kind == "recurring":
        return doers.get(start, set())
    if definition.cohort_kind == "first_time":
        before = {user for day, users in doers.items() if day < start for user in users}
        return doers.get(start, set()) - before
    raise ValueError(f"{definition.retention}: unknown cohort_kind {definition.cohort_kind!r}")


@view("retention", "period", "cohort_start", "period_number")
def cohort_retention(history: History) -> Iterator[Row]:
    """Of the users of a period's cohort: how many returned in the k-th period after."""
    for definition in history.definitions.retentions:
        period = definition.period
        periods = history.periods(period)
        starters = _doers(history, definition.cohort_event, period)
        returners = _doers(history, definition.return_event, period)
        for start in periods:
            cohort = _cohort(definition, starters, start)
            for number in range(definition.periods + 1):
                target = later(period, start, number)
                if target > periods[-1]:  # beyond the period of as_of_date
                    break
                since = {
                    user for day, users in returners.items() if day >= target for user in users
                }
                retained = len(cohort & returners.get(target, set())) if number else len(cohort)
                yield {
                    "retention": definition.retention,
                    "period": period,
                    "cohort_start": start,
                    "period_number": number,
                    "cohort_users": len(cohort),
                    "retained_users": retained,
                    "retained_users_unbounded": len(cohort & since) if number else len(cohort),
                    "retention_rate": ratio(retained, len(cohort)),
                    "is_complete": history.is_complete(period, target),
                }
