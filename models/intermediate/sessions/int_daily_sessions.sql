{{ config(**merged_rollup(['session_date'])) }}
{% if rollups_are_kept() and not execute -%}
-- depends_on: {{ ref('int_due_events') }}
-- depends_on: {{ ref('int_due_sessions') }}
{% endif -%}
{% set some_are_kept = kept_rollup('int_daily_sessions') -%}
with
{% if some_are_kept -%}
-- on which due sessions began, or begin now
due_dates as (

    select event_date as session_date
    from {{ ref('int_due_sessions') }}
    union
    select event_date as session_date
    from {{ ref('int_due_events') }}
    where is_due

),

{% endif -%}
sessions as (

    select
        session_date,
        user_id,
        microseconds,
        events
    from {{ ref('int_sessions') }}
    {%- if some_are_kept %}
    where session_date in (select due_dates.session_date from due_dates)
    {%- endif %}

),

counted as (

    select
        session_date,
        count(*) as sessions,
        {{ median('microseconds') }} as median_microseconds,
        sum(events) as events
    from sessions
    group by session_date

),

-- apart, as PostgreSQL sorts all sessions for a distinct count, and hashes them for this
user_dates as (

    select distinct
        session_date,
        user_id
    from sessions

),

counted_users as (

    select
        session_date,
        count(*) as users
    from user_dates
    group by session_date

),

dated as (

    select
        dates.session_date,
        coalesce(counted.sessions, 0) as sessions,
        coalesce(counted_users.users, 0) as users,
        counted.median_microseconds,
        coalesce(counted.events, 0) as events
    -- no session may begin any more on a date on which one did, once that began earlier
    from {{ 'due_dates' if some_are_kept else 'counted' }} as dates
    left join counted
        on dates.session_date = counted.session_date
    left join counted_users
        on dates.session_date = counted_users.session_date

)

select
    session_date,
    sessions,
    users,
    median_microseconds,
    cast(events as bigint) as events
from dated
