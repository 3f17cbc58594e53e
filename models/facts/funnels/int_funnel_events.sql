{{ config(**step(in_both_modes=true)) }}
{% set columns = ['user_id', 'occurred_at', 'event_id', 'event_name', 'event_date'] -%}
-- The events from which funnels are computed.
with events as (

    {{ since_attempts_can_change('fct_events', columns) }}

)

select
    user_id,
    occurred_at,
    event_id,
    event_name,
    event_date
from events
