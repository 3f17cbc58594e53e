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
    where
        occurred_at < {{ local_midnight("cast('" ~ as_of_date() ~ "' as date) + 1") }}
        {% if database_timezone() != 'UTC' -%}
        -- where a clock goes back over midnight, some of the next date comes before the end of this
        and (
            occurred_at < {{ local_midnight("cast('" ~ as_of_date() ~ "' as date)") }}
            or {{ local_date('occurred_at') }} <= cast('{{ as_of_date() }}' as date)
        )
        {%- endif %}
    {%- elif has_arrivals -%}
    -- what arrived after it happened is in time anyway; so PostgreSQL asks for the date only where
    -- something arrived before
    where
        coalesce(occurred_at <= ingested_at, true)
        or occurred_at < (
            select as_of_dates.reported_until
            from {{ ref('int_as_of_date') }} as as_of_dates
        )
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
