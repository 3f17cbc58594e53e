{{ config(**user_rollup()) }}
with events as (

    select * from {{ ref('int_due_events') }}

),

totals as (

    select
        user_id,
        event_name,
        count(*) as events,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at
    from events
    group by
        user_id,
        event_name

)

select
    user_id,
    event_name,
    events,
    first_event_at,
    last_event_at
from totals
