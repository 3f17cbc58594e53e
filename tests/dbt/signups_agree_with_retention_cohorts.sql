-- Who signed up on a date is the cohort of that date, in all views that start from the signup. A
-- join that repeats or drops users of a cohort would change its size, and each rate with it.
select
    signups.signup_date as signup_date,
    signups.signups as signups,
    basic.cohort_users as basic_cohort_users,
    day_1.cohort_users as day_1_cohort_users
from {{ ref('signups') }} as signups
full outer join {{ ref('basic_retention') }} as basic
    on signups.signup_date = basic.cohort_date
full outer join {{ ref('day_1_retention') }} as day_1
    on signups.signup_date = day_1.cohort_date
where
    signups.signup_date is null
    or basic.cohort_date is null
    or day_1.cohort_date is null
    or signups.signups <> basic.cohort_users
    or signups.signups <> day_1.cohort_users
