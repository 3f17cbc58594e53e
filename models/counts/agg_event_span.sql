{{ config(**count(key=[], least=['first_event_at'], greatest=['last_event_at'])) }}
with events as (

    {{ facts('fct_events', ['occurred_at']) }}

),

spanned as (

    select
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at
    from events
    -- without events there is no period to report on, rather than one of nulls
    having count(*) > 0

)

select
    first_event_at,
    last_event_at
from spanned
