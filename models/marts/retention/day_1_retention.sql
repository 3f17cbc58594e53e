with signups as (

    select * from {{ ref('fct_signups') }}

),

user_dates as (

    select * from {{ ref('int_user_dates') }}

),

calendar as (

    select calendar_date
    from {{ ref('int_calendar') }}
    where period = 'day'

),

bounds as (

    select * from {{ ref('int_reporting_bounds') }}

),

cohorts as (

    select
        signups.signup_date as signup_date,
        count(*) as cohort_users,
        count(user_dates.user_id) as retained_users
    from signups
    left join user_dates
        on
            signups.user_id = user_dates.user_id
            and user_dates.activity_date = {{ add_days('signups.signup_date', 1) }}
    group by signups.signup_date

),

dense as (

    select
        calendar.calendar_date as cohort_date,
        coalesce(cohorts.cohort_users, 0) as cohort_users,
        coalesce(cohorts.retained_users, 0) as retained_users,
        {{ add_days('calendar.calendar_date', 1) }} <= bounds.last_complete_date as is_complete
    from calendar
    cross join bounds
    left join cohorts
        on calendar.calendar_date = cohorts.signup_date

)

select
    cohort_date,
    cohort_users,
    retained_users,
    {{ rate('retained_users', 'cohort_users') }} as retention_rate,
    is_complete
from dense
