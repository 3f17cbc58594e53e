with funnel_steps as (

    select * from {{ ref('int_funnel_steps') }}

),

referenced_events as (

    select * from {{ ref('int_referenced_events') }}

),

step_events as (

    select
        funnel_steps.funnel,
        funnel_steps.step,
        referenced_events.user_id,
        referenced_events.occurred_at,
        referenced_events.event_date,
        referenced_events.event_id
    from funnel_steps
    inner join referenced_events
        on funnel_steps.event = referenced_events.reference

)

select
    funnel,
    step,
    user_id,
    occurred_at,
    event_date,
    event_id
from step_events
