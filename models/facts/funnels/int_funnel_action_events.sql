{{ config(**step(in_both_modes=true)) }}
{% if not execute and facts_are_kept() -%}
-- depends_on: {{ ref('int_touched_funnel_users') }}
{% endif -%}
-- Of int_funnel_events, those that actions take, once under each action.
with events as (

    select
        events.user_id,
        events.occurred_at,
        events.event_id,
        events.reference,
        events.event_date
    from {{ ref('fct_action_events') }} as events
    {%- if refreshing() %}
    inner join {{ ref('int_touched_funnel_users') }} as touched_users
        on
            events.user_id = touched_users.user_id
            and events.occurred_at >= touched_users.due_since
    {%- endif %}

)

select
    user_id,
    occurred_at,
    event_id,
    reference,
    event_date
from events
