{{ config(**shared_view()) }}
{% set is_used = funnel_passes(ref('int_funnel_steps'), 'unordered') | length > 0 -%}
with funnel_steps as (

    select *
    from {{ ref('int_funnel_steps') }}
    where step_order = 'unordered'

),

{% if is_used -%}
step_sets as (

    select
        *,
        max(set_steps) over (partition by funnel_number, step_group) as group_steps
    from {{ ref('int_funnel_sets') }}
    where step_group <> 'with signup'

),

step_events as (

    select *
    from {{ ref('int_funnel_step_events') }}
    where step_order = 'unordered'

),

-- how many steps any event fills
funnels as (

    select
        funnel_number,
        window_seconds,
        count(case when event = '*' then 1 end) as any_steps
    from funnel_steps
    group by
        funnel_number,
        window_seconds

),

sizes as (

    select distinct
        funnel_number,
        step_group,
        set_name,
        set_steps,
        group_steps
    from step_sets

),

numbered_sizes as (

    select
        *,
        {{ each_number('1', 'group_steps') }} as filled_steps
    from sizes

),

-- Of a group of steps, some are filled if of each set of its references as many events are there as
-- these are more than the steps of the others (O. Ore, 1955).
needs as (

    select
        funnel_number,
        step_group,
        set_name,
        filled_steps,
        cast(filled_steps - group_steps + set_steps as integer) as needed_events
    from numbered_sizes
    where filled_steps - group_steps + set_steps > 0

),

signups as (

    select distinct
        funnel_number,
        user_id,
        event_id
    from step_events
    where reference = '$signup'

),

marked_events as (

    select
        step_events.funnel_number as funnel_number,
        step_events.reference as reference,
        step_events.user_id as user_id,
        step_events.occurred_at as occurred_at,
        step_events.event_id as event_id,
        signups.event_id is not null and step_events.reference <> '$signup' as is_signup_of_others
    from step_events
    {{ hashed_left_join() }} signups
        on
            step_events.funnel_number = signups.funnel_number
            and step_events.user_id = signups.user_id
            and step_events.event_id = signups.event_id
    where coalesce(step_events.reference <> '', false)
    {{ end_of_hashed_join() }}

),

-- nothing but a signup fills the step that asks for it, so no other certain step needs to have it
set_events as (

    select distinct
        step_sets.funnel_number as funnel_number,
        step_sets.set_name as set_name,
        marked_events.user_id as user_id,
        marked_events.occurred_at as occurred_at,
        marked_events.event_id as event_id
    from marked_events
    {{ hashed_join() }} step_sets
        on
            marked_events.funnel_number = step_sets.funnel_number
            and marked_events.reference = step_sets.reference
    where coalesce(step_sets.step_group = 'all' or not marked_events.is_signup_of_others, false)

),

-- counted from each event on, when there are as many events of the set as it takes
looked_ahead as (

    select
        set_events.funnel_number as funnel_number,
        set_events.user_id as user_id,
        set_events.occurred_at as occurred_at,
        needs.step_group as step_group,
        needs.set_name as set_name,
        needs.filled_steps as filled_steps,
        {{ lead_by(
            'set_events.occurred_at',
            'needs.needed_events - 1',
            'partition by'
            ' set_events.funnel_number, set_events.user_id, needs.set_name, needs.filled_steps'
            ' order by set_events.occurred_at, set_events.event_id'
        ) }} as filled_at
    from set_events
    inner join needs
        on
            set_events.funnel_number = needs.funnel_number
            and set_events.set_name = needs.set_name

),

-- an attempt may start with whatever step
starts as (

    select distinct
        funnel_number,
        user_id,
        occurred_at,
        event_date
    from step_events

),

timeline as (

    select
        funnel_number,
        user_id,
        occurred_at,
        cast(null as {{ type_date() }}) as started_on,
        step_group,
        set_name,
        filled_steps,
        filled_at,
        0 as row_kind
    from looked_ahead
    union all
    select
        starts.funnel_number as funnel_number,
        starts.user_id as user_id,
        starts.occurred_at as occurred_at,
        starts.event_date as started_on,
        needs.step_group as step_group,
        needs.set_name as set_name,
        needs.filled_steps as filled_steps,
        cast(null as {{ type_instant() }}) as filled_at,
        1 as row_kind
    from starts
    inner join needs
        on starts.funnel_number = needs.funnel_number

),

-- Backwards in time, as in int_funnel_attempts; events at the instant of the start are among those
-- that it sees, and the first of them is filled first.
sought as (

    select
        funnel_number,
        user_id,
        occurred_at as started_at,
        started_on,
        step_group,
        filled_steps,
        row_kind,
        min(filled_at) over (
            partition by funnel_number, user_id, set_name, filled_steps
            order by occurred_at desc, row_kind asc
            rows between unbounded preceding and current row
        ) as filled_at
    from timeline

),

-- when every set has the events that it takes
filled as (

    select
        funnel_number,
        user_id,
        started_at,
        started_on,
        step_group,
        filled_steps,
        max(filled_at) as filled_at
    from sought
    where row_kind = 1
    group by
        funnel_number,
        user_id,
        started_at,
        started_on,
        step_group,
        filled_steps
    having count(*) = count(filled_at)

),

within_window as (

    select
        filled.funnel_number as funnel_number,
        filled.user_id as user_id,
        filled.started_at as started_at,
        filled.started_on as started_on,
        filled.step_group as step_group,
        filled.filled_steps as filled_steps,
        filled.filled_at as filled_at,
        funnels.any_steps as any_steps
    from filled
    inner join funnels
        on filled.funnel_number = funnels.funnel_number
    where
        coalesce(
            filled.filled_at <= {{ add_seconds('filled.started_at', 'funnels.window_seconds') }},
            true
        )

),

certain_steps as (

    select
        funnel_number,
        user_id,
        started_at,
        started_on,
        row_number() over (
            partition by funnel_number, user_id, started_at
            order by filled_at, step_group, filled_steps
        ) as step,
        filled_at,
        any_steps
    from within_window
    where step_group <> 'all'

),

-- What any event fills is filled by whatever the others leave.
whole as (

    select
        *,
        filled_steps - any_steps as certain_step
    from within_window
    where step_group = 'all'

),

together as (

    select
        whole.funnel_number as funnel_number,
        whole.user_id as user_id,
        whole.started_at as started_at,
        whole.started_on as started_on,
        whole.filled_steps as filled_steps,
        whole.filled_at as filled_at,
        whole.certain_step as certain_step,
        certain_steps.filled_at as certain_filled_at
    from whole
    {{ hashed_left_join() }} certain_steps
        on
            whole.funnel_number = certain_steps.funnel_number
            and whole.user_id = certain_steps.user_id
            and whole.started_at = certain_steps.started_at
            and whole.certain_step = certain_steps.step
    where coalesce(whole.filled_steps > 0, false)
    {{ end_of_hashed_join() }}

),

numbered as (

    select
        funnel_number,
        user_id,
        started_at,
        started_on,
        cast(step as integer) as step,
        filled_at as reached_at
    from certain_steps
    where any_steps = 0
    union all
    select
        funnel_number,
        user_id,
        started_at,
        started_on,
        cast(filled_steps as integer) as step,
        greatest(filled_at, coalesce(certain_filled_at, filled_at)) as reached_at
    from together
    where certain_step <= 0 or certain_filled_at is not null

)

{% else -%}
-- there is no such funnel, and so no row
numbered as (

    {{ no_attempts_of_other_steps('unordered', 0) }}

)

{% endif -%}
select
    funnel_number,
    user_id,
    started_at,
    started_on,
    step,
    reached_at
from numbered
