{{ config(**fact(key=[])) }}
{% set kept = kept_rows() -%}
{% set days = whole_number('max_report_days', 1) -%}
with arrived as (

    select min(occurred_at) as first_event_at
    from {{ ref('int_arrivals') }}

),

first_dates as (

    select {{ local_date('first_event_at') }} as first_event_date
    from arrived
    {% if kept -%}
    union all
    select first_event_date
    from {{ kept }}
    {%- endif %}

),

first_date as (

    select min(first_event_date) as first_event_date
    from first_dates

),

bounded as (

    select
        first_date.first_event_date,
        greatest(
            first_date.first_event_date,
            {{ add_days('as_of_dates.as_of_date', 1 - days) }}
        ) as first_report_date,
        as_of_dates.as_of_date,
        as_of_dates.last_complete_date
    from first_date
    cross join {{ ref('int_as_of_date') }} as as_of_dates
    -- without events there is no period to report on, rather than one of nulls
    where first_date.first_event_date is not null

)

select
    first_event_date,
    first_report_date,
    as_of_date,
    last_complete_date
from bounded
