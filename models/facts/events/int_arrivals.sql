{{ config(**step(in_both_modes=true)) }}
{% do may_read(['int_deliveries']) -%}
-- All that a refresh reads of the events; where nothing is kept, or everything is due, all of them.
with events as (

    select * from {{ ref('int_events') }}

),

arrived as (

    select *
    from events
    {% if refreshing() -%}
    where
        ingested_at >= {{ first_due_delivery() }}
        and ingested_at in (
            select deliveries.ingested_at
            from {{ ref('int_deliveries') }} as deliveries
            where deliveries.is_due
        )
    {%- endif %}

)

select
    event_id,
    event_name,
    user_id,
    occurred_at,
    event_date,
    properties
from arrived
