{{ config(**count(
    key=['breakdown', 'segment', 'segment_value', 'activity_date', 'next_activity_date'],
    sums=['users', 'first_users']
)) }}
{% set columns = ['previous_activity_date', 'activity_date', 'next_activity_date'] -%}
with user_days as (

    {{ facts_by_segment('fct_user_days', columns) }}

),

-- a date after all others in place of none, so that a row can be found by it
counted as (

    select
        breakdown,
        segment,
        segment_value,
        activity_date,
        coalesce(next_activity_date, {{ last_date() }}) as next_activity_date,
        sum(weight) as users,
        sum(case when previous_activity_date is null then weight else 0 end) as first_users
    from user_days
    group by
        breakdown,
        segment,
        segment_value,
        activity_date,
        coalesce(next_activity_date, {{ last_date() }})

)

select
    breakdown,
    segment,
    segment_value,
    activity_date,
    next_activity_date,
    cast(users as bigint) as users,
    cast(first_users as bigint) as first_users
from counted
