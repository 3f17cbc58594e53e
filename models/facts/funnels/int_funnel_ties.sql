{{ config(**shared_view()) }}
-- At which instants a user's events can fill a run of steps of a funnel together, each step by an
-- event of its own. Of steps that any event fills, or only events of their own, int_funnel_attempts
-- sees it for itself.
with needs as (

    select * from {{ ref('int_funnel_needs') }}

),

sets as (

    select * from {{ ref('int_funnel_sets') }}

),

-- By far the most instants have one event, so those with more are sought before events are matched.
shared_instants as (

    select
        user_id,
        occurred_at,
        count(*) as events
    from {{ ref('int_funnel_events') }}
    where exists (select 1 from needs)
    group by
        user_id,
        occurred_at
    having count(*) > 1

),

shared_events as (

    select distinct
        step_events.funnel_number as funnel_number,
        step_events.reference as reference,
        step_events.user_id as user_id,
        step_events.occurred_at as occurred_at,
        step_events.event_id as event_id,
        shared_instants.events as events
    from (
        select *
        from {{ ref('int_funnel_step_events') }}
        where funnel_number in (select needs.funnel_number from needs)
    ) as step_events
    {{ hashed_join() }} shared_instants
        on
            step_events.user_id = shared_instants.user_id
            and step_events.occurred_at = shared_instants.occurred_at
    where coalesce(step_events.occurred_at = shared_instants.occurred_at, false)
    {{ end_of_hashed_join() }}

),

supplies as (

    select
        shared_events.funnel_number as funnel_number,
        shared_events.user_id as user_id,
        shared_events.occurred_at as occurred_at,
        shared_events.events as events,
        sets.set_name as set_name,
        count(distinct shared_events.event_id) as supplied_events
    from shared_events
    {{ hashed_join() }} sets
        on
            shared_events.funnel_number = sets.funnel_number
            and shared_events.reference = sets.reference
    where coalesce(shared_events.reference = sets.reference, false)
    group by
        shared_events.funnel_number,
        shared_events.user_id,
        shared_events.occurred_at,
        shared_events.events,
        sets.set_name

),

-- a set that no event matches has no row, so it is missing from the count
filled_runs as (

    select
        supplies.funnel_number as funnel_number,
        supplies.user_id as user_id,
        supplies.occurred_at as occurred_at,
        needs.base_step as base_step,
        needs.step as step
    from supplies
    {{ hashed_join() }} needs
        on
            supplies.funnel_number = needs.funnel_number
            and supplies.set_name = needs.set_name
    where
        coalesce(supplies.supplied_events >= needs.needed_events, false)
        and coalesce(supplies.events >= needs.step - needs.base_step, false)
    group by
        supplies.funnel_number,
        supplies.user_id,
        supplies.occurred_at,
        needs.base_step,
        needs.step
    having count(*) = max(needs.sets_of_run)

)

select
    funnel_number,
    user_id,
    occurred_at,
    base_step,
    step
from filled_runs
