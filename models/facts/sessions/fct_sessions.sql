{{ config(**fact(
    key=['user_id', 'started_at'],
    within='int_touched_sessions',
    where='kept.user_id = within.user_id'
    ' and kept.started_at between within.started_at and within.ended_at'
)) }}
{% do may_read(['int_touched_sessions']) -%}
with
{% if facts_are_stored() -%}
-- the last event of a session knows all of it
sessions as (

    select
        events.user_id as user_id,
        events.session_started_at as started_at,
        events.occurred_at as ended_at,
        cast(events.step_number as {{ type_whole() }}) as events
    from {{ ref('fct_events') }} as events
    {%- if refreshing() %}
    inner join {{ ref('int_touched_sessions') }} as touched_sessions
        on
            events.user_id = touched_sessions.user_id
            and events.occurred_at = touched_sessions.ended_at
    {%- endif %}
    where events.to_event is null

),
{%- else -%}
session_events as (

    select * from {{ ref('int_session_events') }}

),

sessions as (

    select
        user_id,
        started_at,
        max(occurred_at) as ended_at,
        count(*) as events
    from session_events
    group by
        user_id,
        started_at

),
{%- endif %}

measured as (

    select
        user_id,
        started_at,
        ended_at,
        events,
        {{ microseconds_between('started_at', 'ended_at') }} as microseconds,
        {{ microseconds_between(
            instant_literal('1970-01-01 00:00:00+00'), 'started_at'
        ) }} as start_microseconds
    from sessions

)

select
    user_id,
    started_at,
    ended_at,
    events,
    microseconds,
    {{ local_date('started_at') }} as session_date,
    -- no two sessions of a user begin at the same instant
    {{ md5_text(
        "user_id || ' ' || cast(start_microseconds as " ~ dbt.type_string() ~ ')'
    ) }} as session_id
from measured
