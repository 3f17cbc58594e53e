{{ config(**shared_view()) }}
-- How many events of one instant it takes to fill a run of steps of a funnel, where an earlier
-- instant has filled base_step: of each set of references, as many as steps of the run ask for one
-- of it.
with funnel_steps as (

    select
        funnel_number,
        step,
        event,
        step_order = 'strict' or (shares_events and event <> '*') as is_looked_up
    from {{ ref('int_funnel_steps') }}
    where step_order in ('ordered', 'strict')

),

needs as (

    select
        first_steps.funnel_number as funnel_number,
        first_steps.step - 1 as base_step,
        final_steps.step as step,
        step_sets.set_name as set_name,
        count(*) as needed_events
    from funnel_steps as first_steps
    inner join funnel_steps as final_steps
        on
            first_steps.funnel_number = final_steps.funnel_number
            and first_steps.step < final_steps.step
    inner join funnel_steps as members
        on
            first_steps.funnel_number = members.funnel_number
            and first_steps.step <= members.step
            and final_steps.step >= members.step
    inner join {{ ref('int_funnel_sets') }} as step_sets
        on
            members.funnel_number = step_sets.funnel_number
            and members.event = step_sets.reference
    where final_steps.is_looked_up
    group by
        first_steps.funnel_number,
        first_steps.step,
        final_steps.step,
        step_sets.set_name

)

select
    funnel_number,
    base_step,
    step,
    set_name,
    needed_events,
    count(*) over (partition by funnel_number, base_step, step) as sets_of_run
from needs
