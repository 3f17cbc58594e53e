"""Queries that somebody would write by hand for ClickHouse, with its own functions.

Each answers over raw.events what a public view does, for the definitions in benchmarks/seeds; the
second of a pair selects the same from the view, so that both can be held against each other.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Native:
    """The query by hand, and the view's own rows in the same columns and order."""

    by_hand: str
    of_view: str


NATIVE = {
    "funnel_conversion": Native(
        """
        with levels as (
            select
                user_id,
                windowFunnel(604800000000)(
                    toUInt64(toUnixTimestamp64Micro(event_time)),
                    event_name = 'product_viewed', event_name = 'cart_added',
                    event_name = 'checkout_started', event_name = 'purchase_completed'
                ) as level
            from raw.events
            where event_name in
                ('product_viewed', 'cart_added', 'checkout_started', 'purchase_completed')
            group by user_id
        )
        select toInt64(step) as step, toInt64(countIf(level >= step)) as users
        from levels array join range(1, 5) as step
        group by step order by step
        """,
        """
        select step, users from analytics.funnel_conversion
        where funnel = 'view_to_purchase' order by step
        """,
    ),
    "day_1_retention": Native(
        """
        with users as (
            select groupUniqArray(toDate32(event_time)) as days, arrayMin(days) as first_day
            from raw.events group by user_id
        )
        select
            first_day, toInt64(count()) as users,
            toInt64(countIf(has(days, first_day + 1))) as returned
        from users group by first_day order by first_day
        """,
        """
        select cohort_date, cohort_users, retained_users from analytics.day_1_retention
        where cohort_users > 0 order by cohort_date
        """,
    ),
    "cohort_retention": Native(
        """
        with users as (
            select groupUniqArray(toMonday(event_time)) as weeks, arrayMin(weeks) as first_week
            from raw.events group by user_id
        )
        select
            toDate32(first_week) as cohort, toInt64((week - first_week) / 7) as number,
            toInt64(count()) as users
        from users array join weeks as week
        group by cohort, number order by cohort, number
        """,
        """
        select cohort_start, period_number, retained_users from analytics.cohort_retention
        where retention = 'weekly_activity' and retained_users > 0
        order by cohort_start, period_number
        """,
    ),
    "daily_active_users": Native(
        """
        with days as (
            select distinct user_id, toDate32(event_time) as day from raw.events
        ),
        windows as (
            select user_id, day + back as date, min(back) as nearest
            from days array join range(30) as back
            where date <= (select max(day) from days)
            group by user_id, date
        )
        select
            date, toInt64(countIf(nearest = 0)) as dau, toInt64(countIf(nearest < 7)) as wau,
            toInt64(count()) as mau
        from windows group by date order by date
        """,
        """
        select activity_date, dau, wau, mau from analytics.daily_active_users
        where mau > 0 order by activity_date
        """,
    ),
}
