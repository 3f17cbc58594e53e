"""What the report reads: one query for each kind of chart.

They select rows of the public views and name the seeds that define them; ranks and limits choose
the latest rows. Where the page offers no choice of dates, rows of many cohorts or of the values that
have no line of their own are added up: users are in one cohort and have one value each, so that
nobody counts twice. A column that both sides of a join have says what it is called, as ClickHouse
would else name it with its side.
"""

from __future__ import annotations

from collections.abc import Mapping
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
        order by period, period_start
        """


def cohort_limit(period: str) -> str:
    cases = " ".join(f"when '{name}' then {limit}" for name, limit in COHORTS.items())
    return f"case {period} {cases} end"


#: The largest values of each segment, by the users who were ever active.
_VALUES = """
            select
                segment, segment_value, users,
                row_number() over (
                    partition by segment order by users desc, segment_value
                ) as place
            from (
                select segment, segment_value, sum(users) as users
                from {{ ref('churn_summary_by_segment') }}
                group by segment, segment_value
            ) as sizes
"""


def _own(column: str) -> str:
    """What a row is called whose value has a line of its own, or shares one."""
    return f"case when sizes.place <= {VALUES} then {column}.segment_value else '' end"


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
    "daily_active_users_by_segment": f"""
        select
            segment, segment_value, is_other, activity_date,
            cast(sum(dau) as bigint) as dau,
            cast(sum(wau) as bigint) as wau,
            cast(sum(mau) as bigint) as mau
        from (
            select
                days.segment as segment,
                {_own("days")} as segment_value,
                sizes.place > {VALUES} as is_other,
                days.activity_date, days.dau, days.wau, days.mau
            from {{{{ ref('daily_active_users_by_segment') }}}} as days
            join ({_VALUES}) as sizes
                on sizes.segment = days.segment and sizes.segment_value = days.segment_value
            join (
                select activity_date as shown_date from {{{{ ref('daily_active_users') }}}}
                order by activity_date desc
                limit {SEGMENT_DAYS}
            ) as shown on shown.shown_date = days.activity_date
        ) as named
        group by segment, segment_value, is_other, activity_date
        order by segment, is_other, segment_value, activity_date
        """,
    "cohort_retention_by_segment": f"""
        select
            segment, segment_value, is_other, retention, period_number,
            cast(sum(cohort_users) as bigint) as cohort_users,
            cast(sum(retained_users) as bigint) as retained_users,
            min(cohort_start) as first_cohort, max(cohort_start) as last_cohort
        from (
            select
                cells.segment as segment,
                {_own("cells")} as segment_value,
                sizes.place > {VALUES} as is_other,
                cells.retention as retention, cells.period_number, cells.cohort_users,
                cells.retained_users, cells.cohort_start as cohort_start
            from {{{{ ref('cohort_retention_by_segment') }}}} as cells
            join ({_VALUES}) as sizes
                on sizes.segment = cells.segment and sizes.segment_value = cells.segment_value
            join (
                select
                    retention as shown_retention, cohort_start as shown_cohort, period as length,
                    row_number() over (
                        partition by retention order by cohort_start desc
                    ) as cohort_rank
                from {{{{ ref('cohort_retention') }}}}
                where period_number = 0
            ) as shown
                on shown.shown_retention = cells.retention
                and shown.shown_cohort = cells.cohort_start
            where cells.is_complete
                and cells.period_number <= {PERIODS}
                and shown.cohort_rank <= {cohort_limit("shown.length")}
        ) as named
        group by segment, segment_value, is_other, retention, period_number
        order by segment, is_other, segment_value, retention, period_number
        """,
    "funnel_conversion_by_segment": f"""
        select
            segment, segment_value, is_other, funnel, step,
            cast(sum(users) as bigint) as users
        from (
            select
                steps.segment as segment,
                {_own("steps")} as segment_value,
                sizes.place > {VALUES} as is_other,
                steps.funnel, steps.step, steps.users
            from {{{{ ref('funnel_conversion_by_segment') }}}} as steps
            join ({_VALUES}) as sizes
                on sizes.segment = steps.segment and sizes.segment_value = steps.segment_value
        ) as named
        group by segment, segment_value, is_other, funnel, step
        order by segment, is_other, segment_value, funnel, step
        """,
    "churn_summary_by_segment": f"""
        select
            segment, segment_value, is_other, churn_status,
            cast(sum(users) as bigint) as users
        from (
            select
                statuses.segment as segment,
                {_own("statuses")} as segment_value,
                sizes.place > {VALUES} as is_other,
                statuses.churn_status, statuses.users
            from {{{{ ref('churn_summary_by_segment') }}}} as statuses
            join ({_VALUES}) as sizes
                on sizes.segment = statuses.segment
                and sizes.segment_value = statuses.segment_value
        ) as named
        group by segment, segment_value, is_other, churn_status
        order by segment, is_other, segment_value, churn_status
        """,
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
