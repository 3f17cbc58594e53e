-- Events that arrived, once under each action that takes them and that some definition names.
with conditions as (

    select
        event_references.reference as reference,
        actions.event_name as event_name,
        actions.property as property,
        actions.operator as operator,
        actions.value as value
    from {{ ref('int_event_references') }} as event_references
    inner join {{ ref('int_actions') }} as actions
        on event_references.reference = actions.action

),

action_events as (

    select
        conditions.reference as reference,
        events.event_id as event_id,
        events.user_id as user_id,
        events.occurred_at as occurred_at,
        events.event_date as event_date
    from {{ ref('int_arrivals') }} as events
    inner join conditions
        on events.event_name = conditions.event_name
    group by
        conditions.reference,
        events.event_id,
        events.user_id,
        events.occurred_at,
        events.event_date
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

)

select
    reference,
    event_id,
    user_id,
    occurred_at,
    event_date
from action_events
