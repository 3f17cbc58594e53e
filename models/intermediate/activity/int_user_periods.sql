with user_days as (

    select * from {{ ref('int_user_days') }}

),

calendar as (

    select * from {{ ref('int_calendar') }}

),

user_periods as (

    select distinct
        user_days.user_id,
        calendar.period,
        calendar.period_start
    from user_days
    inner join calendar
        on user_days.activity_date = calendar.calendar_date

)

select
    user_id,
    period,
    period_start
from user_periods
