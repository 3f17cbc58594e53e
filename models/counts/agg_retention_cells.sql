{{ config(**count(
    key=[
        'breakdown', 'segment', 'segment_value', 'retention', 'cohort_index', 'period_number'
    ],
    sums=['cohort_users', 'returned_users', 'last_returned_users']
)) }}
{% set columns = [
    'retention', 'cohort_index', 'period_number', 'is_entry', 'is_return', 'is_last_return'
] -%}
with user_cells as (

    {{ facts_by_segment('fct_retention_cells', columns) }}

),

counted as (

    select
        breakdown,
        segment,
        segment_value,
        retention,
        cohort_index,
        period_number,
        sum(case when is_entry then weight else 0 end) as cohort_users,
        sum(case when is_return then weight else 0 end) as returned_users,
        sum(case when is_last_return then weight else 0 end) as last_returned_users
    from user_cells
    group by
        breakdown,
        segment,
        segment_value,
        retention,
        cohort_index,
        period_number

)

select
    breakdown,
    segment,
    segment_value,
    retention,
    cohort_index,
    period_number,
    cast(cohort_users as bigint) as cohort_users,
    cast(returned_users as bigint) as returned_users,
    cast(last_returned_users as bigint) as last_returned_users
from counted
