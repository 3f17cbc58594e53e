with calendar as (

    select * from {{ ref('int_calendar') }}

),

bounds as (

    select * from {{ ref('int_reporting_bounds') }}

)

select
    calendar.calendar_date as calendar_date,
    calendar.calendar_date <= bounds.last_complete_date as is_complete
from calendar
cross join bounds
where calendar.period = 'day'
