{{ config(**shared_view()) }}
with activity_gaps as (

    select
        users,
        first_users,
        activity_date,
        nullif(next_activity_date, {{ last_date() }}) as next_activity_date
    from {{ ref('agg_activity_gaps') }}
    where breakdown = 'none'

),

periods as (

    select 'day' as period
    union all
    select 'week' as period
    union all
    select 'month' as period

),

-- Two dates one after the other say in which periods users were active one after the other, so that
-- nothing has to be sorted.
gaps as (

    select
        activity_gaps.users as users,
        activity_gaps.first_users as first_users,
        periods.period as period,
        {{ period_index('periods.period', 'activity_gaps.activity_date') }} as period_index,
        {{ period_index('periods.period', 'activity_gaps.next_activity_date') }} as next_index
    from activity_gaps
    cross join periods

),

new as (

    select
        first_users as users,
        period,
        period_index,
        'new' as lifecycle
    from gaps

),

returned as (

    select
        users,
        period,
        next_index as period_index,
        case when next_index = period_index + 1 then 'retained' else 'resurrected' end as lifecycle
    from gaps
    where next_index > period_index

),

-- after the last active date of a period: in the first period that a user misses, and in that only
dormant as (

    select
        users,
        period,
        period_index + 1 as period_index,
        'dormant' as lifecycle
    from gaps
    where
        next_index is null
        or next_index > period_index + 1

),

unioned as (

    select * from new
    union all
    select * from returned
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
    where users > 0
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
