{{ config(**rollup_summary()) }}
with breakdowns as (

    select * from {{ ref('int_breakdowns') }}

),

churn_windows as (

    select * from {{ ref('int_churn_windows') }}

),

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

dense as (

    select
        breakdowns.breakdown,
        breakdowns.segment,
        breakdowns.segment_value,
        churn_windows.churn_status,
        coalesce(counted.users, 0) as users
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
