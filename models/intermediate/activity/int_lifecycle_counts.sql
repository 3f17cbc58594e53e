{{ config(**rollup_summary()) }}
with activity_gaps as (

    select * from {{ ref('int_activity_gaps') }}

),

periods as (

    select 'day' as period
    union all
    select 'week' as period
    union all
    select 'month' as period

),

-- The dates before and after say in which periods the user was active before and after, so that
-- nothing has to be sorted.
days as (

    select
        activity_gaps.users,
        periods.period,
        {{ period_index('periods.period', 'activity_gaps.activity_date') }} as period_index,
        {{ period_index('periods.period', 'activity_gaps.previous_activity_date') }}
            as previous_index,
        {{ period_index('periods.period', 'activity_gaps.next_activity_date') }} as next_index
    from activity_gaps
    cross join periods

),

-- on the first active date of a period
active as (

    select
        users,
        period,
        period_index,
        case
            when previous_index is null then 'new'
            when previous_index = period_index - 1 then 'retained'
            else 'resurrected'
        end as lifecycle
    from days
    where
        previous_index is null
        or previous_index < period_index

),

-- after the last active date of a period: in the first period that a user misses, and in that only
dormant as (

    select
        users,
        period,
        period_index + 1 as period_index,
        'dormant' as lifecycle
    from days
    where
        next_index is null
        or next_index > period_index + 1

),

unioned as (

    select * from active
    union all
    select * from dormant

),

counted as (

    select
        period,
        period_index,
        sum(case when lifecycle = 'new' then users else 0 end) as new_users,
        sum(case when lifecycle = 'retained' then users else 0 end) as retained_users,
        sum(case when lifecycle = 'resurrected' then users else 0 end) as resurrected_users,
        sum(case when lifecycle = 'dormant' then users else 0 end) as dormant_users
    from unioned
    group by
        period,
        period_index

)

select
    period,
    period_index,
    cast(new_users as bigint) as new_users,
    cast(retained_users as bigint) as retained_users,
    cast(resurrected_users as bigint) as resurrected_users,
    cast(dormant_users as bigint) as dormant_users
from counted
