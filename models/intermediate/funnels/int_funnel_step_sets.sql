-- The sets of steps that must each find enough events when several steps fall on one instant.
-- Events of one instant can fill the steps of a run if, for every set of its steps, at least as
-- many events match some step of the set as the set has steps (P. Hall's marriage theorem, 1935).
-- Steps that ask for the same thing stand or fall together, so the sets that decide are: the steps
-- of one reference, of two references (which may overlap), and every run within the run.
with steps as (

    select
        funnel,
        step,
        event
    from {{ ref('int_funnel_steps') }}

),

runs as (

    select
        base.funnel,
        base.step - 1 as base_step,
        final.step
    from steps as base
    inner join steps as final
        on
            base.funnel = final.funnel
            and base.step < final.step

),

reference_sets as (

    select distinct
        runs.funnel,
        runs.base_step,
        runs.step,
        one.event as one_event,
        other.event as other_event
    from runs
    inner join steps as one
        on
            runs.funnel = one.funnel
            and runs.base_step < one.step
            and runs.step >= one.step
    inner join steps as other
        on
            runs.funnel = other.funnel
            and runs.base_step < other.step
            and runs.step >= other.step
            and one.event <= other.event

),

reference_members as (

    select
        reference_sets.funnel,
        reference_sets.base_step,
        reference_sets.step,
        concat(
            'references ', reference_sets.one_event, ' ', reference_sets.other_event
        ) as set_name,
        steps.step as member_step
    from reference_sets
    inner join steps
        on
            reference_sets.funnel = steps.funnel
            and reference_sets.base_step < steps.step
            and reference_sets.step >= steps.step
    where steps.event in (reference_sets.one_event, reference_sets.other_event)

),

run_members as (

    select
        runs.funnel,
        runs.base_step,
        runs.step,
        concat(
            'steps ',
            cast(inner_runs.base_step + 1 as {{ dbt.type_string() }}),
            ' to ',
            cast(inner_runs.step as {{ dbt.type_string() }})
        ) as set_name,
        steps.step as member_step
    from runs
    inner join runs as inner_runs
        on
            runs.funnel = inner_runs.funnel
            and runs.base_step <= inner_runs.base_step
            and runs.step >= inner_runs.step
    inner join steps
        on
            inner_runs.funnel = steps.funnel
            and inner_runs.base_step < steps.step
            and inner_runs.step >= steps.step

),

unioned as (

    select * from reference_members
    union all
    select * from run_members

)

select
    funnel,
    base_step,
    step,
    set_name,
    member_step,
    count(*) over (partition by funnel, base_step, step, set_name) as set_size
from unioned
