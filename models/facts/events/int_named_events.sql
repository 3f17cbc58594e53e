-- Events that arrived, once under each name or action by which definitions ask for them. They are
-- read twice rather than put into one step for both, which DuckDB would keep in memory with the
-- properties of all of them.
with event_names as (

    {{ references_by_name(ref('int_event_references'), ref('int_actions')) }}

),

events_by_name as (

    select
        event_names.reference as reference,
        events.event_id as event_id,
        events.user_id as user_id,
        events.occurred_at as occurred_at,
        events.event_date as event_date
    from {{ ref('int_arrivals') }} as events
    inner join event_names
        on events.event_name = event_names.reference

),

unioned as (

    select * from events_by_name
    union all
    select * from {{ ref('int_action_events') }}

)

select
    reference,
    event_id,
    user_id,
    occurred_at,
    event_date
from unioned
