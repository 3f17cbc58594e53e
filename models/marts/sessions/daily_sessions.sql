with sessions as (

    select * from {{ ref('int_sessions') }}

),

calendar as (

    select calendar_date
    from {{ ref('int_calendar') }}
    where period = 'day'

),

counted as (

    select
        session_date,
        count(*) as sessions,
        {{ median('microseconds') }} as median_microseconds,
        cast(sum(events) as bigint) as events
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

dense as (

    select
        calendar.calendar_date as session_date,
        coalesce(counted.sessions, 0) as sessions,
        coalesce(counted_users.users, 0) as users,
        counted.median_microseconds,
        counted.events
    from calendar
    left join counted
        on calendar.calendar_date = counted.session_date
    left join counted_users
        on calendar.calendar_date = counted_users.session_date

)

select
    session_date,
    sessions,
    users,
    {{ seconds_from_microseconds('median_microseconds') }} as median_duration_seconds,
    {{ rate('events', 'sessions') }} as events_per_session
from dense
