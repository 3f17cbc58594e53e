{% set has_arrivals = (var('event_columns') or {}).get('ingested_at', true) -%}
-- Without events after as_of_date, which do not exist for any report.
with events as (

    select * from {{ ref('stg_events') }}

),

reported as (

    select *
    from events
    {% if as_of_date() -%}
    -- by instant, not by date, so that the database can skip what lies outside
    where occurred_at < {{ local_midnight("cast('" ~ as_of_date() ~ "' as date) + 1") }}
    {%- elif has_arrivals -%}
    -- what arrived after it happened is in time anyway; so PostgreSQL asks for the date only where
    -- something arrived before
    where
        coalesce(occurred_at <= ingested_at, true)
        or occurred_at < (select as_of_dates.reported_until from {{ ref('int_as_of_date') }} as as_of_dates)
    {%- endif %}

)

select
    event_id,
    event_name,
    user_id,
    occurred_at,
    event_date,
    properties,
    ingested_at
from reported
