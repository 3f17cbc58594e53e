-- In each cell retained <= retained unbounded <= cohort; cell 0 is the whole cohort; from cell to
-- cell the cohort stays the same and the unbounded count never rises. A user counted twice, or in a
-- cell of another cohort, would break one of these long before a rate looked wrong.
with cells as (

    select
        retention,
        cohort_start,
        period_number,
        cohort_users,
        retained_users,
        retained_users_unbounded,
        lag({{ nullable('cohort_users') }}) over (
            partition by retention, cohort_start order by period_number
        ) as previous_cohort_users,
        lag({{ nullable('retained_users_unbounded') }}) over (
            partition by retention, cohort_start order by period_number
        ) as previous_retained_users_unbounded
    from {{ ref('cohort_retention') }}

)

select *
from cells
where
    retained_users > retained_users_unbounded
    or retained_users_unbounded > cohort_users
    or (period_number = 0 and retained_users <> cohort_users)
    or previous_cohort_users <> cohort_users
    or previous_retained_users_unbounded < retained_users_unbounded
