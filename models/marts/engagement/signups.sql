with signups as (

    select * from {{ ref('fct_signups') }}

),

calendar as (

    select calendar_date
    from {{ ref('int_calendar') }}
    where period = 'day'

),

counted as (

    select
        signup_date,
        count(*) as signups
    from signups
    group by signup_date

),

dense as (

    select
        calendar.calendar_date as signup_date,
        coalesce(counted.signups, 0) as signups
    from calendar
    left join counted
        on calendar.calendar_date = counted.signup_date

)

select
    signup_date,
    signups
from dense
