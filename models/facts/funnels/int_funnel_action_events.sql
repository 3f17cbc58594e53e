{{ config(**step(in_both_modes=true)) }}
{% set columns = ['user_id', 'occurred_at', 'event_id', 'reference', 'event_date'] -%}
-- Of int_funnel_events, those that actions take, once under each action.
{{ since_attempts_can_change('fct_action_events', columns) }}
