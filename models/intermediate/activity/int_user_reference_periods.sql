with user_days as (

    select * from {{ ref('int_user_reference_days') }}

),

calendar as (

    select * from {{ ref('int_calendar') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

-- only the kinds of period that some retention is measured in
retention_periods as (

    select distinct period
    from {{ ref('int_retentions') }}

),

dates as (

    select
        calendar.calendar_date,
        calendar.period,
        periods.period_index
    from calendar
    inner join retention_periods
        on calendar.period = retention_periods.period
    inner join periods
        on
            calendar.period = periods.period
            and calendar.period_start = periods.period_start

),

user_periods as (

    select distinct
        user_days.reference,
        user_days.user_id,
        dates.period,
        dates.period_index
    from user_days
    inner join dates
        on user_days.event_date = dates.calendar_date

)

select
    reference,
    user_id,
    period,
    period_index
from user_periods
