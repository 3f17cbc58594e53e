{{ config(**shared_view()) }}
{% set days = whole_number('max_report_days', 1) -%}
with reported_dates as (

    select * from {{ ref('int_reported_dates') }}

)

select
    first_event_date,
    greatest(
        first_event_date,
        {{ add_days('as_of_date', 1 - days) }}
    ) as first_report_date,
    as_of_date,
    last_complete_date
from reported_dates
-- there may be none before the first event
where first_event_date is not null
