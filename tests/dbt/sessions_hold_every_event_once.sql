-- Sessions hold each event once, and the days hold each session once.
with bounds as (

    select * from {{ ref('int_reporting_bounds') }}

),

sessions as (

    select
        count(*) as sessions,
        coalesce(sum(events), 0) as events
    from {{ ref('sessions') }}

),

reported_sessions as (

    select count(*) as sessions
    from {{ ref('sessions') }} as sessions
    inner join bounds
        on {{ local_date('sessions.started_at') }} >= bounds.first_report_date

),

events as (

    select coalesce(sum(events), 0) as events
    from {{ ref('event_catalog') }}

),

days as (

    select coalesce(sum(sessions), 0) as sessions
    from {{ ref('daily_sessions') }}

)

select
    sessions.sessions as sessions,
    sessions.events as events,
    events.events as catalogued_events,
    reported_sessions.sessions as reported_sessions,
    days.sessions as daily_sessions
from sessions
cross join events
cross join reported_sessions
cross join days
where
    sessions.events <> events.events
    or reported_sessions.sessions <> days.sessions
