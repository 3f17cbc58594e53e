with events as (

    select * from {{ ref('int_events') }}

),

summarised as (

    select
        event_name,
        count(*) as events,
        count(distinct user_id) as users,
        min(occurred_at) as first_event_at,
        max(occurred_at) as last_event_at
    from events
    group by event_name

)

select
    event_name,
    events,
    users,
    first_event_at,
    last_event_at
from summarised
