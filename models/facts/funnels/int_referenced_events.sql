-- The events from which funnels are computed, once under each reference by which they are asked for:
-- a name or an action, `*` for any event, or `$signup`. Each kind is computed only where a definition
-- has a reference of it: also in `exists`, which PostgreSQL answers before it computes the events.
with event_references as (

    select * from {{ ref('int_event_references') }}

),

named as (

    select
        event_references.reference,
        events.event_id,
        events.user_id,
        events.occurred_at,
        events.event_date
    from {{ ref('int_funnel_named_events') }} as events
    inner join event_references
        on events.reference = event_references.reference
    where
        -- in a definition these are signs, even where an event has such a name
        events.reference not in ('*', '$signup')
        and exists (
            select 1 from event_references as used
            where used.reference not in ('*', '$signup')
        )

),

any_event as (

    select
        '*' as reference,
        event_id,
        user_id,
        occurred_at,
        event_date
    from {{ ref('int_funnel_events') }}
    where exists (select 1 from event_references as used where used.reference = '*')

),

signup_events as (

    select
        '$signup' as reference,
        event_id,
        user_id,
        occurred_at,
        event_date
    from {{ ref('int_signup_events') }}
    where exists (select 1 from event_references as used where used.reference = '$signup')

),

unioned as (

    select * from named
    union all
    select * from any_event
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
