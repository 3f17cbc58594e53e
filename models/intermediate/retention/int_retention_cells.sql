{{ config(**rollup_summary()) }}
with all_user_cells as (

    select * from {{ ref('int_user_retention_cells') }}

),

user_cells as (

    {{ broken_down(
        'all_user_cells',
        ref('int_user_segments'),
        ['retention', 'cohort_index', 'period_number', 'is_entry', 'is_return', 'is_last_return']
    ) }}

),

counted as (

    select
        breakdown,
        segment,
        segment_value,
        retention,
        cohort_index,
        period_number,
        count(case when is_entry then 1 end) as cohort_users,
        count(case when is_return then 1 end) as returned_users,
        count(case when is_last_return then 1 end) as last_returned_users
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
    cohort_users,
    returned_users,
    last_returned_users
from counted
