"""What the report reads: one query for each kind of chart.

They select rows of the public views and name the seeds that define them; ranks and limits choose
the latest rows. Cohorts by segment, and the values of a segment that have no line of their own, are
added up: users are in a cohort once and have one value each, so that nobody counts twice. A column
that both sides of a join have says what it is called, as ClickHouse would else name it with its
side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

#: Two years by date, so that a year can be compared with the one before it.
DAYS = 761
SEGMENT_DAYS = 397
#: Values of a segment with the most users, which have a line each.
VALUES = 7
PERIODS = 12
#: Cohorts by the length of the period; all that the page can choose from.
COHORTS = {"day": 91, "week": 60, "month": 36}
PATH_STEPS = 5
EVENT_NAMES = 500
PROPERTIES = 2000


@dataclass(frozen=True)
class Data:
    """What was read.

    Attributes:
        facts: One row: first and last date (None without events), and the variables.
        tables: The rows of each other query, in its order.
    """

    facts: Row
    tables: dict[str, Sequence[Row]]


def latest(view: str, date: str, columns: str, days: int = DAYS) -> str:
    """The rows of the latest dates of a view by date, in order."""
    return f"""
        select {columns}
        from (
            select * from {{{{ ref('{view}') }}}}
            order by {date} desc
            limit {days}
        ) as latest
        order by {date}
        """


def _by_period(view: str, columns: str) -> str:
    """The rows of a view by day, week and month, of at most as many days as others have."""
    return f"""
        select period, period_start, {columns}
        from (
            select
                periods.*,
                row_number() over (partition by period order by period_start desc) as place
            from {{{{ ref('{view}') }}}} as periods
        ) as ranked
        where place <= case period when 'day' then {DAYS} when 'week' then {DAYS // 7}
            else {DAYS // 30} end
        order by period, period_start, {columns}
        """


def cohort_limit(period: str) -> str:
    """How many cohorts the page holds of a retention whose period's length is that column."""
    cases = " ".join(f"when '{name}' then {limit}" for name, limit in COHORTS.items())
    return f"case {period} {cases} end"


#: The largest values of each segment; which they are all four views by segment have to agree on.
_VALUES = """
            select
                segment as own_segment, segment_value as own_value,
                row_number() over (
                    partition by segment order by count(*) desc, segment_value
                ) as place
            from {{ ref('user_segments') }}
            group by segment, segment_value
"""


def _by_segment(source: str, columns: str, values: str, more: str = "") -> str:
    """Rows by segment, added up over the values that have no line of their own.

    Args:
        source: A view, or a query in brackets.
        columns: What a row stands for, beside the value.
        values: What is added up.
        more: Further columns of the result, each with a comma before it.
    """
    sums = ", ".join(f"cast(sum({name}) as bigint) as {name}" for name in values.split(", "))
    return f"""
        select segment, segment_value, is_other, {columns}, {sums}{more}
        from (
            select
                source.*,
                case when sizes.place <= {VALUES} then source.value else '' end as segment_value,
                sizes.place > {VALUES} as is_other
            from ({source}) as source
            join ({_VALUES}) as sizes
                on sizes.own_segment = source.segment and sizes.own_value = source.value
        ) as named
        group by segment, segment_value, is_other, {columns}
        order by segment, is_other, segment_value, {columns}
        """


QUERIES: Mapping[str, str] = {
    "facts": """
        select
            days.first_date, days.last_date, events.history_start, events.latest_event_at,
            periods.last_complete_date,
            {{ dbt.string_literal(var('reporting_timezone')) }} as reporting_timezone,
            {{ dbt.string_literal(var('week_start')) }} as week_start,
            {{ var('wau_days') }} as wau_days,
            {{ var('mau_days') }} as mau_days
        from (
            select min(activity_date) as first_date, max(activity_date) as last_date
            from {{ ref('daily_active_users') }}
        ) as days
        cross join (
            select
                {{ local_date('min(first_event_at)') }} as history_start,
                max(last_event_at) as latest_event_at
            from {{ ref('event_catalog') }}
        ) as events
        cross join (
            select max(period_start) as last_complete_date
            from {{ ref('active_users') }}
            where period = 'day' and is_complete
        ) as periods
        """,
    "active_users": _by_period("active_users", "active_users, is_complete"),
    "daily_active_users": latest(
        "daily_active_users", "activity_date", "activity_date, dau, wau, mau, stickiness"
    ),
    "stickiness": _by_period("stickiness", "days_active, users").replace(
        "row_number()", "dense_rank()"
    ),
    "signups": latest("signups", "signup_date", "signup_date, signups"),
    "day_1_retention": latest(
        "day_1_retention",
        "cohort_date",
        "cohort_date, cohort_users, retained_users, retention_rate, is_complete",
    ),
    "basic_retention": latest(
        "basic_retention", "cohort_date", "cohort_date, cohort_users, returned_users"
    ),
    "user_lifecycle": _by_period(
        "user_lifecycle",
        "new_users, retained_users, resurrected_users, active_users, dormant_users, quick_ratio, "
        "is_complete",
    ),
    "daily_sessions": latest(
        "daily_sessions",
        "session_date",
        "session_date, sessions, users, median_duration_seconds, events_per_session",
    ),
    "cohort_retention": f"""
        select
            retention, cohort_start, period_number, cohort_users, retained_users, retention_rate,
            is_complete
        from (
            select
                cohort_retention.*,
                dense_rank() over (
                    partition by retention order by cohort_start desc
                ) as cohort_rank
            from {{{{ ref('cohort_retention') }}}} as cohort_retention
            where period_number <= {PERIODS}
        ) as cells
        where cohort_rank <= {cohort_limit("period")}
        order by retention, cohort_start, period_number
        """,
    "retentions": """
        select retention, cohort_event, cohort_kind, return_event, period
        from {{ ref('retentions') }}
        order by case period when 'week' then 1 when 'day' then 2 else 3 end, retention
        """,
    "funnels": """
        select funnel, step_order, window_seconds, description
        from {{ ref('funnels') }}
        order by funnel
        """,
    "funnel_conversion": """
        select
            funnel, step, step_name, users, conversion_from_start, conversion_from_previous,
            median_seconds_from_previous
        from {{ ref('funnel_conversion') }}
        order by funnel, step
        """,
    "funnel_conversion_daily": f"""
        select funnel, entry_date, step, users, open_users, is_complete
        from (
            select
                funnel_conversion_daily.*,
                dense_rank() over (partition by funnel order by entry_date desc) as date_rank
            from {{{{ ref('funnel_conversion_daily') }}}} as funnel_conversion_daily
        ) as entries
        where date_rank <= {DAYS}
        order by funnel, entry_date, step
        """,
    "churn_windows": """
        select churn_status, min_days_inactive, max_days_inactive
        from {{ ref('churn_windows') }}
        order by min_days_inactive
        """,
    "daily_churn": f"""
        select as_of_date, churn_status, users
        from (
            select
                daily_churn.*,
                dense_rank() over (order by as_of_date desc) as date_rank
            from {{{{ ref('daily_churn') }}}} as daily_churn
        ) as churn
        where date_rank <= {DAYS}
        order by as_of_date, churn_status
        """,
    "churn_summary": """
        select summary.churn_status as churn_status, summary.users, summary.share
        from {{ ref('churn_summary') }} as summary
        join {{ ref('churn_windows') }} as windows
            on windows.churn_status = summary.churn_status
        order by windows.min_days_inactive
        """,
    "segments": """
        select segment, property, pick
        from {{ ref('segments') }}
        order by segment
        """,
    "daily_active_users_by_segment": _by_segment(
        f"""
            select segment, segment_value as value, activity_date, dau, wau, mau
            from {{{{ ref('daily_active_users_by_segment') }}}}
            where activity_date > (
                select {{{{ add_days('max(activity_date)', -{SEGMENT_DAYS}) }}}}
                from {{{{ ref('daily_active_users') }}}}
            )
        """,
        "activity_date",
        "dau, wau, mau",
    ),
    "cohort_retention_by_segment": _by_segment(
        f"""
            select segment, value, retention, period_number, cohort_start, cohort_users,
                retained_users
            from (
                select
                    segment, segment_value as value, retention, period, period_number,
                    cohort_start, cohort_users, retained_users, is_complete,
                    dense_rank() over (
                        partition by retention order by cohort_start desc
                    ) as cohort_rank
                from {{{{ ref('cohort_retention_by_segment') }}}}
                where period_number <= {PERIODS}
            ) as cells
            where is_complete and cohort_rank <= {cohort_limit("period")}
        """,
        "retention, period_number",
        "cohort_users, retained_users",
        ", min(cohort_start) as first_cohort, max(cohort_start) as last_cohort",
    ),
    "funnel_conversion_by_segment": _by_segment(
        """
            select segment, segment_value as value, funnel, step, users
            from {{ ref('funnel_conversion_by_segment') }}
        """,
        "funnel, step",
        "users",
    ),
    "churn_summary_by_segment": _by_segment(
        """
            select segment, segment_value as value, churn_status, users
            from {{ ref('churn_summary_by_segment') }}
        """,
        "churn_status",
        "users",
    ),
    "event_paths": f"""
        select step_number, from_event, to_event, sessions, users
        from {{{{ ref('event_paths') }}}}
        where step_number <= {PATH_STEPS}
        order by step_number, sessions desc, from_event, to_event
        """,
    "event_catalog": f"""
        select event_name, events, users, first_event_at, last_event_at
        from {{{{ ref('event_catalog') }}}}
        order by events desc, event_name
        limit {EVENT_NAMES}
        """,
    "event_properties": f"""
        select event_name, property, events, share, example_value
        from {{{{ ref('event_properties') }}}}
        order by events desc, event_name, property
        limit {PROPERTIES}
        """,
}
