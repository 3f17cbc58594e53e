{% set key = ['session_date', 'time_bin'] -%}
{% set counts = ['sessions', 'users', 'events'] -%}
{{ config(**counted_summary(key)) }}
{% if not execute and rollups_are_kept() -%}
-- depends_on: {{ ref('int_sessions_before') }}
-- depends_on: {{ ref('int_due_sessions') }}
-- depends_on: {{ ref('int_due_events') }}
{% endif -%}
{% set going_on = goes_on() -%}
with
{% if going_on -%}
touched as (

    {{ touched_session_dates() }}

),

-- all sessions of users on dates on which one is new or another one now, as they are and as they were
sessions as (

    select
        sessions.session_date,
        sessions.user_id,
        sessions.microseconds,
        sessions.events,
        1 as weight
    from {{ ref('int_sessions') }} as sessions
    inner join touched
        on
            sessions.user_id = touched.user_id
            and sessions.session_date = touched.session_date
    union all
    select
        session_date,
        user_id,
        microseconds,
        events,
        -1 as weight
    from {{ ref('int_sessions_before') }}

),
{%- else -%}
sessions as (

    select
        session_date,
        user_id,
        microseconds,
        events,
        1 as weight
    from {{ ref('int_sessions') }}

),
{%- endif %}

user_dates as (

    select distinct
        session_date,
        user_id,
        weight
    from sessions

),

-- users count once for a date and in no bin, which has a number all the same, as keys are compared
unioned as (

    select
        session_date,
        {{ time_bin('microseconds') }} as time_bin,
        weight as sessions,
        0 as users,
        weight * events as events
    from sessions
    union all
    select
        session_date,
        -1 as time_bin,
        0 as sessions,
        weight as users,
        0 as events
    from user_dates

),

counted as (

    select
        session_date,
        time_bin,
        sum(sessions) as sessions,
        sum(users) as users,
        sum(events) as events
    from unioned
    group by
        session_date,
        time_bin

),

brought_up_to_date as (

    {{ brought_up_to_date(key, counts, going_on) }}

)

select
    session_date,
    time_bin,
    cast(sessions as bigint) as sessions,
    cast(users as bigint) as users,
    cast(events as bigint) as events
from brought_up_to_date
