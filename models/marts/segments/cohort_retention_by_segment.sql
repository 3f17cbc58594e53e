with cells as (

    select *
    from {{ ref('int_cohort_retention') }}
    where breakdown = 'segment'

)

select
    segment,
    segment_value,
    retention,
    period,
    cohort_start,
    period_number,
    cohort_users,
    retained_users,
    retained_users_unbounded,
    retention_rate,
    is_complete
from cells
