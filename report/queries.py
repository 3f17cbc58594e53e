"""What the report reads: one query for each kind of chart.

They select rows of the public views and name the seeds that define them; ranks and limits choose
the latest rows. No number is computed here or later. A column that both sides of a join have says
what it is called, as ClickHouse would else name it with its side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

DAYS = 182
WEEKS = 26
ENTRY_DAYS = 91
COHORTS = 24
PERIODS = 12

# Which days are over: the same for every view by date.
_DAYS = "join {{ ref('active_users') }} as days on days.period = 'day'"


@dataclass(frozen=True)
class Data:
    """The rows of each query.

    Attributes:
        facts: One row: first and last date (None without events), and the variables.
        active_users: By date.
        lifecycle: By week.
        retention: By retention, cohort and period number.
        funnels: By funnel and step.
        entries: By funnel, entry date and step.
        churn: By status, from the shortest absence to the longest, and date.
        sessions: By date.
    """

    facts: Row
    active_users: list[Row]
    lifecycle: list[Row]
    retention: list[Row]
    funnels: list[Row]
    entries: list[Row]
    churn: list[Row]
    sessions: list[Row]


QUERIES: Mapping[str, str] = {
    "facts": """
        select
            min(activity_date) as first_date,
            max(activity_date) as last_date,
            {{ dbt.string_literal(var('reporting_timezone')) }} as reporting_timezone,
            {{ dbt.string_literal(var('week_start')) }} as week_start,
            {{ var('wau_days') }} as wau_days,
            {{ var('mau_days') }} as mau_days
        from {{ ref('daily_active_users') }}
        """,
    "active_users": f"""
        select
            users.activity_date, users.dau, users.wau, users.mau, users.stickiness,
            days.is_complete
        from (
            select * from {{{{ ref('daily_active_users') }}}}
            order by activity_date desc
            limit {DAYS}
        ) as users
        {_DAYS} and days.period_start = users.activity_date
        order by users.activity_date
        """,
    "lifecycle": f"""
        select
            period_start, new_users, retained_users, resurrected_users, active_users,
            dormant_users, quick_ratio, is_complete
        from (
            select * from {{{{ ref('user_lifecycle') }}}}
            where period = 'week'
            order by period_start desc
            limit {WEEKS}
        ) as latest
        order by period_start
        """,
    "retention": f"""
        select
            cells.retention as retention, cells.period as period, definitions.cohort_event,
            definitions.cohort_kind, definitions.return_event, cells.cohort_start,
            cells.period_number, cells.cohort_users, cells.retained_users, cells.retention_rate,
            cells.is_complete
        from (
            select
                cohort_retention.*,
                dense_rank() over (
                    partition by retention order by cohort_start desc
                ) as cohort_rank
            from {{{{ ref('cohort_retention') }}}} as cohort_retention
            where period_number <= {PERIODS}
        ) as cells
        join {{{{ ref('retentions') }}}} as definitions
            on definitions.retention = cells.retention
        where cells.cohort_rank <= {COHORTS}
        order by
            case cells.period when 'day' then 1 when 'week' then 2 else 3 end,
            cells.retention, cells.cohort_start, cells.period_number
        """,
    "funnels": """
        select
            steps.funnel as funnel, definitions.description, definitions.step_order,
            definitions.window_seconds, steps.step, steps.step_name, steps.users,
            steps.conversion_from_start, steps.conversion_from_previous,
            steps.median_seconds_from_previous
        from {{ ref('funnel_conversion') }} as steps
        join {{ ref('funnels') }} as definitions on definitions.funnel = steps.funnel
        order by steps.funnel, steps.step
        """,
    "entries": f"""
        select
            entries.funnel, entries.entry_date, entries.step, entries.users,
            entries.conversion_from_start, entries.open_users, entries.is_complete
        from (
            select
                funnel_conversion_daily.*,
                dense_rank() over (partition by funnel order by entry_date desc) as date_rank
            from {{{{ ref('funnel_conversion_daily') }}}} as funnel_conversion_daily
        ) as entries
        where entries.date_rank <= {ENTRY_DAYS}
        order by entries.funnel, entries.entry_date, entries.step
        """,
    "churn": f"""
        select
            churn.churn_status as churn_status, windows.min_days_inactive,
            windows.max_days_inactive, churn.as_of_date, churn.users, days.is_complete
        from (
            select
                daily_churn.*,
                dense_rank() over (order by as_of_date desc) as date_rank
            from {{{{ ref('daily_churn') }}}} as daily_churn
        ) as churn
        join {{{{ ref('churn_windows') }}}} as windows
            on windows.churn_status = churn.churn_status
        {_DAYS} and days.period_start = churn.as_of_date
        where churn.date_rank <= {DAYS}
        order by windows.min_days_inactive, churn.as_of_date
        """,
    "sessions": f"""
        select
            sessions.session_date, sessions.sessions, sessions.users,
            sessions.median_duration_seconds, sessions.events_per_session, days.is_complete
        from (
            select * from {{{{ ref('daily_sessions') }}}}
            order by session_date desc
            limit {DAYS}
        ) as sessions
        {_DAYS} and days.period_start = sessions.session_date
        order by sessions.session_date
        """,
}
