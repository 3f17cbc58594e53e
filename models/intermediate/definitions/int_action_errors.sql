with actions as (

    select
        action,
        event_name,
        property,
        operator,
        value,
        concat(coalesce(action, ''), ', ', coalesce(event_name, '')) as seed_row
    from {{ ref('actions') }}

),

action_names as (

    select distinct action
    from actions

),

unnamed_actions as (

    select
        'actions' as seed,
        seed_row,
        'has no action' as problem,
        'give the action a name' as mend
    from actions
    where action is null

),

signs_as_names as (

    select distinct
        'actions' as seed,
        action as seed_row,
        'has the name of a sign that definitions use' as problem,
        'give the action another name than * and $signup' as mend
    from actions
    where action in ('*', '$signup')

),

rows_without_event as (

    select
        'actions' as seed,
        seed_row,
        'names no event' as problem,
        'write the name of the event that it filters' as mend
    from actions
    where event_name is null

),

signs_as_events as (

    select
        'actions' as seed,
        seed_row,
        'asks for a sign where an event name belongs' as problem,
        'write the name of one event; more events are more rows' as mend
    from actions
    where event_name in ('*', '$signup')

),

self_references as (

    select
        'actions' as seed,
        seed_row,
        'names itself' as problem,
        'write the event that it filters, and give the action another name' as mend
    from actions
    where action = event_name

),

references_to_actions as (

    select
        'actions' as seed,
        actions.seed_row,
        'names an action where an event name belongs' as problem,
        'write the events of that action in rows of this one, or rename that action' as mend
    from actions
    inner join action_names
        on actions.event_name = action_names.action
    where actions.action <> actions.event_name and actions.event_name not in ('*', '$signup')

),

unknown_operators as (

    select
        'actions' as seed,
        seed_row,
        concat('has the operator ''', coalesce(operator, ''), ''', which is not known') as problem,
        'write equals, not_equals, contains or exists' as mend
    from actions
    where
        property is not null
        and (
            operator is null
            or operator not in ('equals', 'not_equals', 'contains', 'exists')
        )

),

conditions_without_property as (

    select
        'actions' as seed,
        seed_row,
        'has an operator or a value but no property' as problem,
        'write the property, or leave all three empty to take every event of that name' as mend
    from actions
    where property is null and (operator is not null or value is not null)

),

comparisons_without_value as (

    select
        'actions' as seed,
        seed_row,
        concat('has the operator ''', operator, ''' but no value') as problem,
        'write the value to compare with, or ask for exists' as mend
    from actions
    where
        property is not null
        and operator in ('equals', 'not_equals', 'contains')
        and value is null

),

values_without_comparison as (

    select
        'actions' as seed,
        seed_row,
        'has a value, which exists does not look at' as problem,
        'leave the value empty, or write equals, not_equals or contains' as mend
    from actions
    where property is not null and operator = 'exists' and value is not null

),

unioned as (

    select * from unnamed_actions
    union all
    select * from signs_as_names
    union all
    select * from rows_without_event
    union all
    select * from signs_as_events
    union all
    select * from self_references
    union all
    select * from references_to_actions
    union all
    select * from unknown_operators
    union all
    select * from conditions_without_property
    union all
    select * from comparisons_without_value
    union all
    select * from values_without_comparison

)

select
    seed,
    seed_row,
    problem,
    mend
from unioned
