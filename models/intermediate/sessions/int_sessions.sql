{{ config(**session_rollup()) }}
{% if rollups_are_kept() and not execute -%}
-- which reads what this build is about to take out
-- depends_on: {{ ref('int_sessions_before') }}
{% endif -%}
with session_events as (

    select * from {{ ref('int_session_events') }}

),

grouped as (

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

measured as (

    select
        user_id,
        started_at,
        ended_at,
        events,
        {{ microseconds_between('started_at', 'ended_at') }} as microseconds,
        {{ microseconds_between(
            "timestamp with time zone '1970-01-01 00:00:00+00'", 'started_at'
        ) }} as start_microseconds
    from grouped

)

select
    user_id,
    started_at,
    ended_at,
    events,
    microseconds,
    {{ local_date('started_at') }} as session_date,
    -- no two sessions of a user begin at the same instant
    md5(user_id || ' ' || cast(start_microseconds as {{ dbt.type_string() }})) as session_id
from measured
