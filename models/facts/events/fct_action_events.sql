{{ config(**fact(key=['user_id', 'occurred_at', 'event_id', 'reference'])) }}
-- Properties, by which actions choose, are kept of no event, so it is kept of which ones they chose
-- those that funnels look for again.
with action_events as (

    select * from {{ ref('int_action_events') }}

),

funnel_steps as (

    select * from {{ ref('int_funnel_steps') }}

),

sought as (

    select *
    from action_events
    where
        reference = {{ text_literal(signup_event()) }}
        or reference in (select funnel_steps.event from funnel_steps)

)

select
    user_id,
    occurred_at,
    event_id,
    reference,
    event_date
from sought
