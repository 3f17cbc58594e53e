-- Sessions hold each event once, and the days hold each session once.
with sessions as (

    select
        count(*) as sessions,
        coalesce(sum(events), 0) as events
    from {{ ref('sessions') }}

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
    sessions.sessions,
    sessions.events,
    events.events as catalogued_events,
    days.sessions as daily_sessions
from sessions
cross join events
cross join days
where
    sessions.events <> events.events
    or sessions.sessions <> days.sessions
