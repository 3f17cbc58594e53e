with lifetimes as (

    select * from {{ ref('int_user_lifetimes') }}

),

calendar as (

    select calendar_date
    from {{ ref('int_calendar') }}
    where period = 'day'

),

cohorts as (

    select
        signup_date,
        count(*) as cohort_users,
        -- back on any later date, if and only if the last active date is a later one
        count(case when last_active_date > signup_date then 1 end) as returned_users
    from lifetimes
    group by signup_date

),

dense as (

    select
        calendar.calendar_date as cohort_date,
        coalesce(cohorts.cohort_users, 0) as cohort_users,
        coalesce(cohorts.returned_users, 0) as returned_users
    from calendar
    left join cohorts
        on calendar.calendar_date = cohorts.signup_date

)

select
    cohort_date,
    cohort_users,
    returned_users,
    {{ rate('returned_users', 'cohort_users') }} as retention_rate
from dense
