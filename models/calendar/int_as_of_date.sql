{{ config(**fact(key=[])) }}
{% do may_read(['int_deliveries']) -%}
{% set kept = kept_rows() -%}
{% set as_of = as_of_date() -%}
{% if as_of -%}
with dated as (

    select
        cast('{{ as_of }}' as date) as as_of_date,
        cast('{{ as_of }}' as date) as last_complete_date

),
{%- else -%}
-- An event is as late as it says only once that time has come: a clock that is ahead must not end
-- for everybody the day that still runs.
with latest as (

    {% if is_built_on_what_is_kept() -%}
    select max(latest_at) as latest_at
    from {{ ref('int_deliveries') }}
    {%- else -%}
    select max(least(occurred_at, coalesce(ingested_at, occurred_at))) as latest_at
    from {{ ref('stg_events') }}
    {%- endif %}

),

latest_dates as (

    select {{ local_date('latest_at') }} as latest_date
    from latest
    {% if kept -%}
    union all
    select as_of_date as latest_date
    from {{ kept }}
    {%- endif %}

),

latest_date as (

    select max(latest_date) as as_of_date
    from latest_dates

),

dated as (

    select
        as_of_date,
        -- the day of the latest event may still be running
        {{ add_days('as_of_date', -1) }} as last_complete_date
    from latest_date
    -- without events there is no date, rather than one of null
    where as_of_date is not null

),
{%- endif %}

ended as (

    select
        as_of_date,
        last_complete_date,
        {{ local_midnight(add_days('as_of_date', 1)) }} as reported_until
    from dated

)

select
    as_of_date,
    last_complete_date,
    reported_until
from ended
