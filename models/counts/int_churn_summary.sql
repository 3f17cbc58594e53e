{{ config(**shared_view()) }}
with breakdowns as (

    select * from {{ ref('int_breakdowns') }}

),

churn_windows as (

    select * from {{ ref('int_churn_windows') }}

),

last_active_dates as (

    select * from {{ ref('agg_last_active_dates') }}

),

bounds as (

    select * from {{ ref('int_reporting_bounds') }}

),

inactive as (

    select
        last_active_dates.breakdown as breakdown,
        last_active_dates.segment as segment,
        last_active_dates.segment_value as segment_value,
        {{ days_between('last_active_dates.last_active_date', 'bounds.as_of_date') }}
            as days_inactive,
        last_active_dates.users as users
    from last_active_dates
    cross join bounds

),

counted as (

    select
        inactive.breakdown as breakdown,
        inactive.segment as segment,
        inactive.segment_value as segment_value,
        churn_windows.churn_status as churn_status,
        sum(inactive.users) as users
    from inactive
    inner join churn_windows
        on {{ in_churn_window('inactive.days_inactive', 'churn_windows') }}
    group by
        inactive.breakdown,
        inactive.segment,
        inactive.segment_value,
        churn_windows.churn_status

),

dense as (

    select
        breakdowns.breakdown as breakdown,
        breakdowns.segment as segment,
        breakdowns.segment_value as segment_value,
        churn_windows.churn_status as churn_status,
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
