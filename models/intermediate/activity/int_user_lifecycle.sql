with user_days as (

    select * from {{ ref('int_user_days') }}

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
        user_days.user_id,
        periods.period,
        {{ period_index('periods.period', 'user_days.activity_date') }} as period_index,
        {{ period_index('periods.period', 'user_days.previous_activity_date') }} as previous_index,
        {{ period_index('periods.period', 'user_days.next_activity_date') }} as next_index
    from user_days
    cross join periods

),

-- on the first active date of a period
active as (

    select
        user_id,
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
        user_id,
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

)

select
    user_id,
    period,
    period_index,
    lifecycle
from unioned
