with events as (

    select * from {{ ref('int_due_events') }}
    where is_of_due_funnel_user

),

step_events as (

    select * from {{ ref('int_funnel_step_events') }}

),

step_sets as (

    select * from {{ ref('int_funnel_step_sets') }}

),

-- Only where a user has several events at one instant can that instant fill several steps. They
-- are few, so find them before events are matched with steps.
shared_instants as (

    select
        user_id,
        occurred_at
    from events
    group by
        user_id,
        occurred_at
    having count(*) > 1

),

tied_step_events as (

    select
        step_events.funnel,
        step_events.step,
        step_events.user_id,
        step_events.occurred_at,
        step_events.event_id,
        dense_rank() over (
            partition by step_events.funnel, step_events.user_id, step_events.occurred_at
            order by step_events.event_id
        ) as event_number
    from step_events
    inner join shared_instants
        on
            step_events.user_id = shared_instants.user_id
            and step_events.occurred_at = shared_instants.occurred_at

),

counted_step_events as (

    select
        funnel,
        step,
        user_id,
        occurred_at,
        event_id,
        max(event_number) over (partition by funnel, user_id, occurred_at) as tied_events
    from tied_step_events

),

-- the number of different sets of each run, as the last rank among them
ranked_sets as (

    select
        funnel,
        base_step,
        step,
        set_name,
        member_step,
        set_size,
        dense_rank() over (partition by funnel, base_step, step order by set_name) as set_number
    from step_sets

),

counted_sets as (

    select
        funnel,
        base_step,
        step,
        set_name,
        member_step,
        set_size,
        max(set_number) over (partition by funnel, base_step, step) as set_count
    from ranked_sets

),

set_supplies as (

    select
        counted_step_events.funnel,
        counted_step_events.user_id,
        counted_step_events.occurred_at,
        counted_sets.base_step,
        counted_sets.step,
        counted_sets.set_name,
        counted_sets.set_size,
        counted_sets.set_count,
        count(distinct counted_step_events.event_id) as matching_events
    from counted_step_events
    inner join counted_sets
        on
            counted_step_events.funnel = counted_sets.funnel
            and counted_step_events.step = counted_sets.member_step
            and counted_step_events.tied_events >= counted_sets.step - counted_sets.base_step
    where counted_step_events.tied_events > 1
    group by
        counted_step_events.funnel,
        counted_step_events.user_id,
        counted_step_events.occurred_at,
        counted_sets.base_step,
        counted_sets.step,
        counted_sets.set_name,
        counted_sets.set_size,
        counted_sets.set_count

),

-- a set that no event matches has no row above, so it is missing from the count
fillable_runs as (

    select
        funnel,
        user_id,
        occurred_at,
        base_step,
        step
    from set_supplies
    where matching_events >= set_size
    group by
        funnel,
        user_id,
        occurred_at,
        base_step,
        step,
        set_count
    having count(*) = set_count

)

select
    funnel,
    user_id,
    occurred_at,
    base_step,
    step
from fillable_runs
