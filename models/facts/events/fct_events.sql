{{ config(**fact(
    key=['user_id', 'occurred_at', 'event_id'],
    within='int_touched_sessions',
    where='kept.user_id = within.user_id'
    ' and kept.occurred_at between within.started_at and within.ended_at'
)) }}
{% if facts_are_stored() -%}
-- With its place in its session, which would cost every reader time where nothing is kept.
with session_steps as (

    select * from {{ ref('int_session_steps') }}

)

select
    user_id,
    occurred_at,
    event_id,
    from_event as event_name,
    {{ local_date('occurred_at') }} as event_date,
    started_at as session_started_at,
    step_number,
    to_event
from session_steps
{%- else -%}
-- without steps, as in int_events
select
    user_id,
    occurred_at,
    event_id,
    event_name,
    event_date,
    cast(null as {{ type_instant() }}) as session_started_at,
    cast(null as bigint) as step_number,
    cast(null as {{ dbt.type_string() }}) as to_event
from {{ ref('int_arrivals') }}
{%- endif %}
