{{ config(**delivery_rollup()) }}
with events as (

    {{ events_by_bucket(['event_name', 'occurred_at']) }}

),

totals as (

    select
        bucket,
        event_name,
        count(*) as events,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at
    from events
    group by
        bucket,
        event_name

)

select
    bucket,
    event_name,
    events,
    first_event_at,
    last_event_at
from totals
