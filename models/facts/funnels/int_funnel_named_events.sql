-- The events from which funnels are computed, once under each name or action of a definition.
with event_names as (

    {{ references_by_name(ref('int_event_references'), ref('int_actions')) }}

),

events_by_name as (

    select
        event_names.reference,
        events.event_id,
        events.user_id,
        events.occurred_at,
        events.event_date
    from {{ ref('int_funnel_events') }} as events
    inner join event_names
        on events.event_name = event_names.reference

),

events_by_action as (

    select
        reference,
        event_id,
        user_id,
        occurred_at,
        event_date
    from {{ ref('int_funnel_action_events') }}

),

unioned as (

    select * from events_by_name
    union all
    select * from events_by_action

)

select
    reference,
    event_id,
    user_id,
    occurred_at,
    event_date
from unioned
