with calendar as (

    select * from {{ ref('int_calendar') }}

)

select calendar_date
from calendar
where period = 'day'
