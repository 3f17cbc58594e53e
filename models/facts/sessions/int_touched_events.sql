{{ config(**step(in_both_modes=true)) }}
{% do may_read(['int_touched_sessions']) -%}
-- The events of which sessions are made: those that arrived, and those of the sessions that they
-- fall into. An event that arrives again is in both, and counts once. Without steps, as in
-- int_events.
select
    user_id,
    occurred_at,
    event_id,
    event_name
from {{ ref('int_arrivals') }}
{%- if refreshing() %}
union
select
    kept.user_id as user_id,
    kept.occurred_at as occurred_at,
    kept.event_id as event_id,
    kept.event_name as event_name
from {{ kept_rows_of(model_relation('fct_events')) }} as kept
inner join {{ ref('int_touched_sessions') }} as touched_sessions
    on
        kept.user_id = touched_sessions.user_id
        and kept.occurred_at between touched_sessions.started_at and touched_sessions.ended_at
{%- endif %}
