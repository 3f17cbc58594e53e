{{ config(**step(in_both_modes=true)) }}
{% set columns = ['user_id', 'occurred_at', 'event_id', 'event_name', 'event_date'] -%}
-- The events from which funnels are computed.
{{ since_attempts_can_change('fct_events', columns) }}
