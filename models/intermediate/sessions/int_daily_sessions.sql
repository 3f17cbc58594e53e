{{ config(**rollup_summary()) }}
{% if not execute -%}
-- depends_on: {{ ref('int_session_lengths') }}
{% endif -%}
with sessions as (

    select
        session_date,
        user_id,
        microseconds,
        events
    from {{ ref('int_sessions') }}

),

{% if rollups_are_kept() -%}
lengths as (

    select * from {{ ref('int_session_lengths') }}

),

counted as (

    select
        session_date,
        sum(sessions) as sessions,
        sum(users) as users,
        sum(events) as events
    from lengths
    group by session_date

),

middle_bins as (

    {{ middle_bins('lengths', ['session_date'], 'sessions') }}

),

middle_sessions as (

    select
        sessions.session_date,
        sessions.microseconds,
        middle_bins.values_before,
        middle_bins.all_values
    from sessions
    inner join middle_bins
        on
            sessions.session_date = middle_bins.session_date
            and {{ in_middle_bins(time_bin('sessions.microseconds'), 'middle_bins') }}

),

medians as (

    {{ medians_of_bins('middle_sessions', ['session_date'], 'microseconds') }}

),

dated as (

    select
        counted.session_date,
        counted.sessions,
        counted.users,
        medians.median_microseconds,
        counted.events
    from counted
    inner join medians
        on counted.session_date = medians.session_date

)
{%- else -%}
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
        counted.session_date,
        counted.sessions,
        counted_users.users,
        counted.median_microseconds,
        counted.events
    from counted
    left join counted_users
        on counted.session_date = counted_users.session_date

)
{%- endif %}

select
    session_date,
    cast(sessions as bigint) as sessions,
    cast(users as bigint) as users,
    median_microseconds,
    cast(events as bigint) as events
from dated
