{{ config(**fact(key=[])) }}
{% set kept = kept_rows() -%}
with spans as (

    select
        occurred_at as first_event_at,
        occurred_at as last_event_at
    from {{ ref('int_arrivals') }}

),

dated as (

    select
        {{ local_date('min(first_event_at)') }} as first_event_date,
        {{ local_date('max(last_event_at)') }} as last_event_date
    from spans
    -- without events there is no period to report on, rather than one of nulls
    having count(*) > 0

),

{% if kept -%}
dated_so_far as (

    select
        least(dated.first_event_date, kept.first_event_date) as first_event_date,
        greatest(dated.last_event_date, kept.last_event_date) as last_event_date
    from dated
    left join {{ kept }} as kept
        on true

),

{% endif -%}
bounded as (

    select
        first_event_date,
        last_event_date,
        {% if as_of_date() -%}
        cast('{{ as_of_date() }}' as date) as as_of_date,
        cast('{{ as_of_date() }}' as date) as last_complete_date
        {%- else -%}
        last_event_date as as_of_date,
        -- the day of the latest event may still be running
        {{ add_days('last_event_date', -1) }} as last_complete_date
        {%- endif %}
    from {{ 'dated_so_far' if kept else 'dated' }}

)

select
    first_event_date,
    last_event_date,
    as_of_date,
    last_complete_date
from bounded
