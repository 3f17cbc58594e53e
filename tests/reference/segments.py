"""user_segments, and the four main reports once more for the users of each segment's values.

A report by segment is the plain one, asked about nobody but the users who have the value. Of its
dates, cohorts and steps those are listed that have any of these users.
"""

from collections.abc import Iterator

from .churn import churn_summary
from .definitions import Segment
from .engagement import daily_active_users
from .events import property_text
from .funnels import funnel_conversion
from .history import History
from .registry import Row, RowFunction, view
from .retention import cohort_retention

NO_VALUE = "(none)"


def _value(history: History, user: str, segment: Segment) -> str:
    """The one value that a user has in a segment."""
    values = []
    for event in history.events_of[user]:  # by time and id
        value = property_text(event, segment.property)
        if value is not None:
            values.append(value)
    if not values:
        return NO_VALUE
    if segment.pick == "first":
        return values[0]
    if segment.pick == "latest":
        return values[-1]
    raise ValueError(f"{segment.segment}: unknown pick {segment.pick!r}")


@view("user_id", "segment")
def user_segments(history: History) -> Iterator[Row]:
    """The value of each user who has any event, in each segment."""
    for segment in history.definitions.segments:
        for user in history.events_of:
            yield {
                "user_id": user,
                "segment": segment.segment,
                "segment_value": _value(history, user, segment),
            }


def _by_segment(history: History, report: RowFunction, *counts: str) -> Iterator[Row]:
    """The rows of a report for each value that any user has, where any of the counts is not 0."""
    users_of: dict[tuple[str, str], set[str]] = {}
    for row in user_segments(history):
        group = (str(row["segment"]), str(row["segment_value"]))
        users_of.setdefault(group, set()).add(str(row["user_id"]))
    for (segment, value), users in users_of.items():
        for row in report(history.of_users(users)):
            if counts and not any(row[count] for count in counts):
                continue
            yield {"segment": segment, "segment_value": value, **row}


@view("segment", "segment_value", "activity_date")
def daily_active_users_by_segment(history: History) -> Iterator[Row]:
    """daily_active_users for the users of each value."""
    return _by_segment(history, daily_active_users, "dau", "wau", "mau")


@view("segment", "segment_value", "retention", "period", "cohort_start", "period_number")
def cohort_retention_by_segment(history: History) -> Iterator[Row]:
    """cohort_retention for the users of each value."""
    return _by_segment(history, cohort_retention, "cohort_users")


@view("segment", "segment_value", "funnel", "step")
def funnel_conversion_by_segment(history: History) -> Iterator[Row]:
    """funnel_conversion for the users of each value."""
    return _by_segment(history, funnel_conversion, "users")


@view("segment", "segment_value", "churn_status")
def churn_summary_by_segment(history: History) -> Iterator[Row]:
    """churn_summary for the users of each value."""
    return _by_segment(history, churn_summary)
