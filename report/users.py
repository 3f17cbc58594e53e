"""Who is behind a number: read only where `--with-users` asks for it, as ids are personal data.

The funnels' users are rows of a public view. Which users are in a retention's cell no public view
says, so they are read from the facts that its counts are sums of, and the page shows a list only
where it has as many users as the view counts, or says how many are missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from report.queries import PERIODS, Row, cohort_limit

#: Of each funnel, retention and churn status the users of the latest dates, up to so many.
MOST_USERS = 5000

USER_QUERIES: Mapping[str, str] = {
    "funnel_users": f"""
        select funnel, user_id, entry_date, furthest_step
        from (
            select
                users.*,
                row_number() over (
                    partition by funnel order by entry_date desc, user_id
                ) as place
            from (
                select
                    funnel, user_id,
                    {{{{ local_date('min(reached_at)') }}}} as entry_date,
                    max(step) as furthest_step
                from {{{{ ref('funnel_users') }}}}
                group by funnel, user_id
            ) as users
        ) as ranked
        where place <= {MOST_USERS}
        order by funnel, entry_date desc, user_id
        """,
    "user_churn": f"""
        select churn_status, user_id, last_active_date
        from (
            select
                user_churn.*,
                row_number() over (
                    partition by churn_status order by last_active_date desc, user_id
                ) as place
            from {{{{ ref('user_churn') }}}} as user_churn
        ) as ranked
        where place <= {MOST_USERS}
        order by churn_status, last_active_date desc, user_id
        """,
    "retention_users": f"""
        select retention, cohort_start, user_id, period_number
        from (
            select
                cells.retention as retention, cohorts.cohort_start as cohort_start,
                cells.user_id, cells.period_number,
                dense_rank() over (
                    partition by cells.retention order by cohorts.cohort_start desc, cells.user_id
                ) as place
            from (
                select distinct
                    retention, user_id, cohort_index,
                    case when is_entry then 0 else period_number end as period_number
                from {{{{ ref('fct_retention_cells') }}}}
                where is_entry or is_return
            ) as cells
            join (
                select
                    shown.retention as retention, shown.cohort_start as cohort_start,
                    periods.period_index
                from (
                    select
                        retention, period, cohort_start,
                        row_number() over (
                            partition by retention order by cohort_start desc
                        ) as cohort_rank
                    from {{{{ ref('cohort_retention') }}}}
                    where period_number = 0
                ) as shown
                join {{{{ ref('int_periods') }}}} as periods
                    on periods.period = shown.period
                    and periods.period_start = shown.cohort_start
                where shown.cohort_rank <= {cohort_limit("shown.period")}
            ) as cohorts
                on cohorts.retention = cells.retention
                and cohorts.period_index = cells.cohort_index
            where cells.period_number <= {PERIODS}
        ) as ranked
        where place <= {MOST_USERS}
        order by retention, cohort_start desc, user_id, period_number
        """,
}


def listed(rows: Mapping[str, Sequence[Row]]) -> dict[str, Sequence[Row]]:
    """Give each user of a retention one row: the cells in which they are, beside cohort and id."""
    cells: dict[tuple[object, object, object], list[int]] = {}
    for row in rows["retention_users"]:
        key = (row["retention"], row["cohort_start"], row["user_id"])
        cells.setdefault(key, []).append(int(row["period_number"]))
    retention_users: list[Row] = [
        {"retention": retention, "cohort_start": cohort, "user_id": user, "cells": found}
        for (retention, cohort, user), found in cells.items()
    ]
    return {**rows, "retention_users": retention_users}
