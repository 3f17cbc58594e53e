with named_events as (

    select * from {{ ref('int_named_events') }}

),

any_events as (

    select
        event_references.reference,
        events.event_id,
        events.user_id,
        events.occurred_at,
        events.event_date
    from {{ ref('int_due_events') }} as events
    inner join {{ ref('int_event_references') }} as event_references
        on event_references.reference = '*'

),

signup_events as (

    select
        event_references.reference,
        signups.event_id,
        signups.user_id,
        signups.occurred_at,
        signups.event_date
    from {{ ref('int_signup_events') }} as signups
    inner join {{ ref('int_event_references') }} as event_references
        on event_references.reference = '$signup'

),

unioned as (

    select * from named_events
    -- in a definition these are signs, even where an event has such a name
    where reference not in ('*', '$signup')
    union all
    select * from any_events
    union all
    select * from signup_events

)

select
    reference,
    event_id,
    user_id,
    occurred_at,
    event_date
from unioned
