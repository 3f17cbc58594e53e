with daily_sessions as (

    select * from {{ ref('int_daily_sessions') }}

),

calendar as (

    select calendar_date
    from {{ ref('int_calendar') }}
    where period = 'day'

),

dense as (

    select
        calendar.calendar_date as session_date,
        coalesce(daily_sessions.sessions, 0) as sessions,
        coalesce(daily_sessions.users, 0) as users,
        daily_sessions.median_microseconds as median_microseconds,
        daily_sessions.events as events
    from calendar
    left join daily_sessions
        on calendar.calendar_date = daily_sessions.session_date

)

select
    session_date,
    sessions,
    users,
    {{ seconds_from_microseconds('median_microseconds') }} as median_duration_seconds,
    {{ rate('events', 'sessions') }} as events_per_session
from dense
