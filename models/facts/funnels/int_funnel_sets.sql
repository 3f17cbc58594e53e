{{ config(**shared_view()) }}
-- Sets of references of a funnel, each of which must find events enough where several steps take
-- events of one instant, or of one window. By P. Hall's marriage theorem (1935) steps can be
-- filled, each by an event of its own, if for each set of their references at least as many events
-- match one of it as there are steps that ask for one of it. Sets without an event in common decide
-- by themselves, so it takes every set of those references that overlap, and each other one alone.
-- `*` is matched by everything, so only the set of all tells more; `$signup` by one event, which
-- joins each set.
with step_references as (

    select
        funnel,
        funnel_number,
        event as reference,
        count(*) as steps
    from {{ ref('int_funnel_steps') }}
    group by
        funnel,
        funnel_number,
        event

),

overlapping as (

    select distinct
        funnel,
        reference
    from {{ ref('int_funnel_overlapping_references') }}

),

placed as (

    select
        step_references.funnel_number as funnel_number,
        step_references.reference as reference,
        row_number() over (
            partition by step_references.funnel_number order by step_references.reference
        ) - 1 as place,
        count(*) over (partition by step_references.funnel_number) as members
    from step_references
    inner join overlapping
        on
            step_references.funnel = overlapping.funnel
            and step_references.reference = overlapping.reference

),

-- each set as a number, whose digits in base 2 say which references it has
numbered as (

    select
        funnel_number,
        {{ each_number('1', 'cast(power(2, max(members)) as bigint) - 1') }} as set_number
    from placed
    group by funnel_number

),

overlapping_sets as (

    select
        numbered.funnel_number as funnel_number,
        'overlapping' as step_group,
        concat('set ', cast(numbered.set_number as {{ dbt.type_string() }})) as set_name,
        placed.reference as reference
    from numbered
    inner join placed
        on numbered.funnel_number = placed.funnel_number
    where mod(cast(floor(numbered.set_number / power(2, placed.place)) as bigint), 2) = 1

),

lone_sets as (

    select
        step_references.funnel_number as funnel_number,
        concat('lone ', step_references.reference) as step_group,
        concat('lone ', step_references.reference) as set_name,
        step_references.reference as reference
    from step_references
    left join placed
        on
            step_references.funnel_number = placed.funnel_number
            and step_references.reference = placed.reference
    where
        placed.reference is null
        and step_references.reference <> '*'

),

sets_of_all as (

    select
        step_references.funnel_number as funnel_number,
        'all' as step_group,
        'all' as set_name,
        step_references.reference as reference
    from step_references
    inner join step_references as any_events
        on
            step_references.funnel_number = any_events.funnel_number
            and any_events.reference = '*'

),

unioned as (

    select * from overlapping_sets
    union all
    select * from lone_sets
    union all
    select * from sets_of_all

),

joined_by_signup as (

    select
        unioned.funnel_number as funnel_number,
        'with signup' as step_group,
        concat('$signup or ', unioned.set_name) as set_name,
        unioned.reference as reference
    from unioned
    inner join step_references as signups
        on
            unioned.funnel_number = signups.funnel_number
            and signups.reference = '$signup'
    where unioned.step_group not in ('all', 'lone $signup')

),

all_sets as (

    select * from unioned
    union all
    select * from joined_by_signup
    union all
    select distinct
        funnel_number,
        step_group,
        set_name,
        '$signup' as reference
    from joined_by_signup

),

counted as (

    select
        all_sets.funnel_number as funnel_number,
        all_sets.step_group as step_group,
        all_sets.set_name as set_name,
        all_sets.reference as reference,
        sum(step_references.steps) over (
            partition by all_sets.funnel_number, all_sets.set_name
        ) as set_steps
    from all_sets
    inner join step_references
        on
            all_sets.funnel_number = step_references.funnel_number
            and all_sets.reference = step_references.reference

)

select
    funnel_number,
    step_group,
    set_name,
    reference,
    cast(set_steps as bigint) as set_steps
from counted
