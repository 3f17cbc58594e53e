-- Which two references of a funnel may take the same event, `*` and `$signup` apart: the one takes
-- every event, the other any event of a user, but only one.
with step_references as (

    select distinct
        funnel,
        event as reference
    from {{ ref('funnel_steps') }}
    where event not in ('*', '$signup')

),

conditions as (

    select
        step_references.funnel,
        step_references.reference,
        coalesce(actions.event_name, step_references.reference) as event_name,
        actions.property,
        actions.operator,
        actions.value
    from step_references
    left join {{ ref('actions') }} as actions
        on step_references.reference = actions.action

),

pairs as (

    select
        one.funnel,
        one.reference,
        other.reference as other_reference,
        one.event_name,
        -- a property has one value, so no event has two of them
        max(
            case
                when
                    one.property = other.property
                    and one.operator = 'equals'
                    and other.operator = 'equals'
                    and one.value <> other.value
                    then 1
                else 0
            end
        ) as excludes
    from conditions as one
    inner join conditions as other
        on
            one.funnel = other.funnel
            and one.event_name = other.event_name
            and one.reference <> other.reference
    group by
        one.funnel,
        one.reference,
        other.reference,
        one.event_name

)

select distinct
    funnel,
    reference,
    other_reference
from pairs
where excludes = 0
