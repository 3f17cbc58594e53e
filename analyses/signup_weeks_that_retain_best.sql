-- Which weeks' new users were most often back four weeks later?
-- Only cells whose week is over, and cohorts large enough to compare.
with retention as (

    select * from {{ ref('cohort_retention') }}

)

select
    cohort_start,
    cohort_users,
    retained_users,
    retention_rate
from retention
where
    retention = 'weekly_activity'
    and period_number = 4
    and is_complete
    and cohort_users >= 100
order by
    retention_rate desc,
    cohort_start asc
