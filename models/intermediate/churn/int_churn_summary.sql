{{ config(**rollup_summary()) }}
with breakdowns as (

    select * from {{ ref('int_breakdowns') }}

),

churn_windows as (

    select * from {{ ref('int_churn_windows') }}

),

user_statuses as (

    select
        'none' as breakdown,
        '' as segment,
        '' as segment_value,
        user_churn.churn_status
    from {{ ref('int_user_churn') }} as user_churn
    union all
    select
        'segment' as breakdown,
        user_segments.segment,
        user_segments.segment_value,
        user_churn.churn_status
    from {{ ref('int_user_churn') }} as user_churn
    inner join {{ ref('int_user_segments') }} as user_segments
        on user_churn.user_id = user_segments.user_id

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
            breakdowns.breakdown = counted.breakdown
            and breakdowns.segment = counted.segment
            and breakdowns.segment_value = counted.segment_value
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
