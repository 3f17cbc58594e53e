{{ config(**fact(key=[])) }}
{% set kept = kept_rows() -%}
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

)

select first_event_date
from first_date
-- without events there is no date, rather than one of null
where first_event_date is not null
