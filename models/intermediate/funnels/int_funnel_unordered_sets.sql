-- Which events together fill how many steps of an unordered funnel, as one event fills only one. Of
-- a group of steps, j are filled if for every set of its references at least j - (steps of the
-- group) + (steps of the set) events match one of them (O. Ore, 1955, after P. Hall's marriage
-- theorem). References that share no event with another are a group each; the others are one group.
with steps as (

    select
        funnel,
        event as reference
    from {{ ref('int_funnel_steps') }}
    where step_order = 'unordered'

),

step_references as (

    select
        funnel,
        reference,
        count(*) as steps
    from steps
    group by
        funnel,
        reference

),

named as (

    {{ with_event_names('step_references') }}

),

overlapping as (

    select distinct
        one.funnel,
        one.reference
    from named as one
    inner join named as other
        on
            one.funnel = other.funnel
            and one.reference <> other.reference
            and {{ may_share_events('one', 'other') }}

),

grouped as (

    select
        step_references.funnel,
        step_references.reference,
        step_references.steps,
        case
            when overlapping.reference is null then step_references.reference
        end as lone_reference,
        row_number() over (
            partition by step_references.funnel, overlapping.reference is null
            order by step_references.reference
        ) as place
    from step_references
    left join overlapping
        on
            step_references.funnel = overlapping.funnel
            and step_references.reference = overlapping.reference

),

group_sizes as (

    select
        funnel,
        cast(count(*) as integer) as members,
        cast(sum(steps) as bigint) as group_steps
    from grouped
    where lone_reference is null
    group by funnel

),

-- every set of the references that overlap, as a number in base 2
set_numbers as (

    select
        funnel,
        group_steps,
        {{ each_number('1', 'cast(power(2, members) as bigint) - 1') }} as set_number
    from group_sizes

),

overlapping_sets as (

    select
        set_numbers.funnel,
        'overlapping' as step_group,
        concat('set ', cast(set_numbers.set_number as {{ dbt.type_string() }})) as set_name,
        grouped.reference,
        grouped.steps,
        set_numbers.group_steps
    from set_numbers
    inner join grouped
        on
            set_numbers.funnel = grouped.funnel
            and grouped.lone_reference is null
    where
        mod(
            cast(floor(set_numbers.set_number / power(2, grouped.place - 1)) as bigint), 2
        ) = 1

),

lone_sets as (

    select
        funnel,
        concat('lone ', reference) as step_group,
        concat('lone ', reference) as set_name,
        reference,
        steps,
        steps as group_steps
    from grouped
    where lone_reference is not null

),

unioned as (

    select * from overlapping_sets
    union all
    select * from lone_sets

)

select
    funnel,
    step_group,
    set_name,
    reference,
    cast(group_steps as bigint) as group_steps,
    cast(sum(steps) over (partition by funnel, set_name) as bigint) as set_steps
from unioned
