{% if not execute -%}
-- depends_on: {{ ref('int_activity_gaps') }}
-- depends_on: {{ ref('int_reporting_bounds') }}
-- depends_on: {{ ref('int_user_churn') }}
-- depends_on: {{ ref('int_user_segments') }}
{% endif -%}
with breakdowns as (

    select * from {{ ref('int_breakdowns') }}

),

churn_windows as (

    select * from {{ ref('int_churn_windows') }}

),

{% if rollups_are_kept() -%}
-- those whom a date was the last one of, by that date
last_days as (

    select
        activity_gaps.breakdown,
        activity_gaps.segment,
        activity_gaps.segment_value,
        {{ days_between('activity_gaps.activity_date', 'bounds.as_of_date') }} as days_inactive,
        activity_gaps.users
    from {{ ref('int_activity_gaps') }} as activity_gaps
    cross join {{ ref('int_reporting_bounds') }} as bounds
    where activity_gaps.next_activity_date = cast('infinity' as date)

),

counted as (

    select
        last_days.breakdown,
        last_days.segment,
        last_days.segment_value,
        churn_windows.churn_status,
        sum(last_days.users) as users
    from last_days
    inner join churn_windows
        on {{ in_churn_window('last_days.days_inactive', 'churn_windows') }}
    group by
        last_days.breakdown,
        last_days.segment,
        last_days.segment_value,
        churn_windows.churn_status

),
{%- else -%}
user_statuses as (

    {{ broken_down(ref('int_user_churn'), ref('int_user_segments'), ['churn_status']) }}

),

counted as (

    select
        breakdown,
        segment,
        segment_value,
        churn_status,
        count(*) as users
    from user_statuses
    group by
        breakdown,
        segment,
        segment_value,
        churn_status

),
{%- endif %}

dense as (

    select
        breakdowns.breakdown,
        breakdowns.segment,
        breakdowns.segment_value,
        churn_windows.churn_status,
        cast(coalesce(counted.users, 0) as bigint) as users
    from churn_windows
    cross join breakdowns
    left join counted
        on
            {{ same_breakdown('breakdowns', 'counted') }}
            and churn_windows.churn_status = counted.churn_status

),

shared as (

    select
        breakdown,
        segment,
        segment_value,
        churn_status,
        users,
        {{ rate('users', 'sum(users) over (partition by breakdown, segment, segment_value)') }}
            as share
    from dense

)

select
    breakdown,
    segment,
    segment_value,
    churn_status,
    users,
    share
from shared
