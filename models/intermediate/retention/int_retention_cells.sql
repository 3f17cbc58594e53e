{{ config(**rollup_summary()) }}
with user_cells as (

    select
        'none' as breakdown,
        '' as segment,
        '' as segment_value,
        cells.retention,
        cells.cohort_index,
        cells.period_number,
        cells.is_entry,
        cells.is_return,
        cells.is_last_return
    from {{ ref('int_user_retention_cells') }} as cells
    union all
    select
        'segment' as breakdown,
        user_segments.segment,
        user_segments.segment_value,
        cells.retention,
        cells.cohort_index,
        cells.period_number,
        cells.is_entry,
        cells.is_return,
        cells.is_last_return
    from {{ ref('int_user_retention_cells') }} as cells
    inner join {{ ref('int_user_segments') }} as user_segments
        on cells.user_id = user_segments.user_id

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
