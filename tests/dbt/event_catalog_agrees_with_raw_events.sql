-- The catalog lists every name that the raw events have, with all of its events. It is where people
-- look up what to write into a definition; a name that is missing there cannot be found.
with raw_events as (

    select
        {{ event_column('event_name') }} as event_name,
        count(*) as events
    from {{ raw_events() }}
    where
        {{ local_date(event_column('event_time')) }}
        <= (select bounds.as_of_date from {{ ref('int_reporting_bounds') }} as bounds)
    group by {{ event_column('event_name') }}

)

select
    raw_events.event_name as event_name,
    raw_events.events as raw_events,
    listed.event_name as listed_name,
    listed.events as events
from raw_events
full outer join {{ ref('event_catalog') }} as listed
    on raw_events.event_name = listed.event_name
where
    raw_events.event_name is null
    or listed.event_name is null
    or raw_events.events <> listed.events
