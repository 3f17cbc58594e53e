{{ config(**shared_view()) }}
with bounds as (

    select * from {{ ref('int_reporting_bounds') }}

),

calendar as (

    select {{ each_date('first_report_date', 'as_of_date') }} as calendar_date
    from bounds

),

day_periods as (

    select
        calendar_date,
        'day' as period,
        calendar_date as period_start
    from calendar

),

week_periods as (

    select
        calendar_date,
        'week' as period,
        {{ week_start_date('calendar_date') }} as period_start
    from calendar

),

month_periods as (

    select
        calendar_date,
        'month' as period,
        {{ month_start_date('calendar_date') }} as period_start
    from calendar

),

unioned as (

    select * from day_periods
    union all
    select * from week_periods
    union all
    select * from month_periods

)

select
    calendar_date,
    period,
    period_start
from unioned
