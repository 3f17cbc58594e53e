{{ config(**step(in_both_modes=true)) }}
{% if not execute and facts_are_kept() -%}
-- depends_on: {{ ref('int_touched_funnel_users') }}
{% endif -%}
-- The events from which funnels are computed: of users of whom something arrived, those since when
-- an attempt of theirs can change.
with events as (

    select
        events.user_id,
        events.occurred_at,
        events.event_id,
        events.event_name,
        events.event_date
    from {{ ref('fct_events') }} as events
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
    event_name,
    event_date
from events
