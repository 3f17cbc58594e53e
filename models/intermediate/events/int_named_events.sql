with events as (

    select * from {{ ref('int_events') }}

),

event_references as (

    select * from {{ ref('int_event_references') }}

),

matched as (

    select
        event_references.reference,
        events.event_id,
        events.user_id,
        events.occurred_at,
        events.event_date
    from events
    inner join event_references
        on events.event_name = event_references.reference

)

select
    reference,
    event_id,
    user_id,
    occurred_at,
    event_date
from matched
