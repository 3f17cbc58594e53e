{% set days = whole_number('max_report_days', 1) -%}
with first_dates as (

    select * from {{ ref('int_first_event_date') }}

),

as_of_dates as (

    select * from {{ ref('int_as_of_date') }}

)

select
    first_dates.first_event_date,
    greatest(
        first_dates.first_event_date,
        {{ add_days('as_of_dates.as_of_date', 1 - days) }}
    ) as first_report_date,
    as_of_dates.as_of_date,
    as_of_dates.last_complete_date
from first_dates
cross join as_of_dates
