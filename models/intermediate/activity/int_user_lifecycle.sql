with user_periods as (

    select
        user_id,
        period,
        {{ period_index('period', 'period_start') }} as period_index
    from {{ ref('int_user_periods') }}

),

neighbours as (

    select
        user_id,
        period,
        period_index,
        lag(period_index) over (
            partition by user_id, period order by period_index
        ) as previous_index,
        lead(period_index) over (
            partition by user_id, period order by period_index
        ) as next_index
    from user_periods

),

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
    from neighbours

),

-- in the first period that a user misses, and in that one only
dormant as (

    select
        user_id,
        period,
        period_index + 1 as period_index,
        'dormant' as lifecycle
    from neighbours
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
