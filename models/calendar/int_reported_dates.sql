{{ config(**fact(key=[])) }}
{% do may_read(['int_deliveries']) -%}
{% set kept = kept_rows() if not events_are_gone() -%}
{% set as_of = as_of_date() -%}
with extremes as (

    -- both at once, so that the events are read once
    {% if is_built_on_what_is_kept() and not events_are_gone() -%}
    select
        min(first_event_at) as first_event_at,
        max(latest_at) as latest_at
    from {{ ref('int_deliveries') }}
    {%- else -%}
    -- An event is as late as it says only once that time has come: a clock that is ahead must not
    -- end for everybody the day that still runs.
    select
        min(occurred_at) as first_event_at,
        max(least(occurred_at, coalesce(ingested_at, occurred_at))) as latest_at
    from {{ ref('stg_events') }}
    {%- endif %}

),

extreme_dates as (

    select
        {{ local_date('first_event_at') }} as first_event_date,
        {{ local_date('latest_at') }} as latest_date
    from extremes
    {% if kept -%}
    union all
    select
        first_event_date,
        as_of_date as latest_date
    from {{ kept }}
    {%- endif %}

),

span as (

    select
        min(first_event_date) as first_event_date,
        {% if as_of -%}
        cast('{{ as_of }}' as {{ type_date() }}) as as_of_date,
        cast('{{ as_of }}' as {{ type_date() }}) as last_complete_date
        {%- else -%}
        max(latest_date) as as_of_date,
        -- the day of the latest event may still be running
        {{ add_days('max(latest_date)', -1) }} as last_complete_date
        {%- endif %}
    from extreme_dates

),

ended as (

    select
        first_event_date,
        as_of_date,
        last_complete_date,
        {{ local_midnight(add_days('as_of_date', 1)) }} as reported_until
    from span
    -- without events there is no date, rather than one of null
    where as_of_date is not null

)

select
    -- the earliest event may be one that is in no report yet
    case when first_event_date <= as_of_date then first_event_date end as first_event_date,
    as_of_date,
    last_complete_date,
    reported_until
from ended
