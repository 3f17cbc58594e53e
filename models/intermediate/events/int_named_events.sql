with event_references as (

    select * from {{ ref('int_event_references') }}

),

actions as (

    select * from {{ ref('int_actions') }}

),

action_names as (

    select distinct action
    from actions

),

-- where an action has the name of an event, definitions mean the action
event_names as (

    select event_references.reference
    from event_references
    left join action_names
        on event_references.reference = action_names.action
    where action_names.action is null

),

-- only the actions that some definition names
conditions as (

    select
        event_references.reference,
        actions.event_name,
        actions.property,
        actions.operator,
        actions.value
    from event_references
    inner join actions
        on event_references.reference = actions.action

),

-- Events are read twice rather than put into one step for both, which DuckDB would keep in memory
-- with the properties of all of them.
events_by_name as (

    select
        event_names.reference,
        events.event_id,
        events.user_id,
        events.occurred_at,
        events.event_date,
        events.is_due,
        events.is_of_due_funnel_user
    from {{ ref('int_due_events') }} as events
    inner join event_names
        on events.event_name = event_names.reference

),

events_by_action as (

    select
        conditions.reference,
        events.event_id,
        events.user_id,
        events.occurred_at,
        events.event_date,
        events.is_due,
        events.is_of_due_funnel_user
    from {{ ref('int_due_events') }} as events
    inner join conditions
        on events.event_name = conditions.event_name
    group by
        conditions.reference,
        events.event_id,
        events.user_id,
        events.occurred_at,
        events.event_date,
        events.is_due,
        events.is_of_due_funnel_user
    -- an event has one name, so these are the rows of the action that are about that name
    having
        count(*) = count(
            case
                when
                    {{ action_row_holds(
                        'events.properties',
                        'conditions.property',
                        'conditions.operator',
                        'conditions.value'
                    ) }}
                    then 1
            end
        )

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
    event_date,
    is_due,
    is_of_due_funnel_user
from unioned
