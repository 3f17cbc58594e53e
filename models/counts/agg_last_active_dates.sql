{{ config(**count(
    key=['breakdown', 'segment', 'segment_value', 'last_active_date'], sums=['users']
)) }}
with last_active_dates as (

    {{ facts_by_segment('fct_last_active_dates', ['last_active_date']) }}

),

counted as (

    select
        breakdown,
        segment,
        segment_value,
        last_active_date,
        sum(weight) as users
    from last_active_dates
    group by
        breakdown,
        segment,
        segment_value,
        last_active_date

)

select
    breakdown,
    segment,
    segment_value,
    last_active_date,
    cast(users as bigint) as users
from counted
