with events as (

    select * from {{ ref('int_events') }}

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
        step_events.event_id
    from step_events
    inner join shared_instants
        on
            step_events.user_id = shared_instants.user_id
            and step_events.occurred_at = shared_instants.occurred_at

),

tied_instants as (

    select
        funnel,
        user_id,
        occurred_at,
        count(distinct event_id) as tied_events
    from tied_step_events
    group by
        funnel,
        user_id,
        occurred_at
    having count(distinct event_id) > 1

),

set_supplies as (

    select
        tied_step_events.funnel,
        tied_step_events.user_id,
        tied_step_events.occurred_at,
        step_sets.base_step,
        step_sets.step,
        step_sets.set_name,
        max(step_sets.set_size) as set_size,
        count(distinct tied_step_events.event_id) as matching_events
    from tied_step_events
    inner join tied_instants
        on
            tied_step_events.funnel = tied_instants.funnel
            and tied_step_events.user_id = tied_instants.user_id
            and tied_step_events.occurred_at = tied_instants.occurred_at
    inner join step_sets
        on
            tied_step_events.funnel = step_sets.funnel
            and tied_step_events.step = step_sets.member_step
            and tied_instants.tied_events >= step_sets.step - step_sets.base_step
    group by
        tied_step_events.funnel,
        tied_step_events.user_id,
        tied_step_events.occurred_at,
        step_sets.base_step,
        step_sets.step,
        step_sets.set_name

),

-- a set that no event matches has no row above, so it shows by its absence
set_counts as (

    select
        funnel,
        base_step,
        step,
        count(distinct set_name) as set_count
    from step_sets
    group by
        funnel,
        base_step,
        step

),

fillable_runs as (

    select
        set_supplies.funnel,
        set_supplies.user_id,
        set_supplies.occurred_at,
        set_supplies.base_step,
        set_supplies.step
    from set_supplies
    inner join set_counts
        on
            set_supplies.funnel = set_counts.funnel
            and set_supplies.base_step = set_counts.base_step
            and set_supplies.step = set_counts.step
    where set_supplies.matching_events >= set_supplies.set_size
    group by
        set_supplies.funnel,
        set_supplies.user_id,
        set_supplies.occurred_at,
        set_supplies.base_step,
        set_supplies.step,
        set_counts.set_count
    having count(*) = set_counts.set_count

)

select
    funnel,
    user_id,
    occurred_at,
    base_step,
    step
from fillable_runs
