{% set is_used = funnel_passes(ref('int_funnel_steps'), 'unordered') | length > 0 -%}
with funnel_steps as (

    select *
    from {{ ref('int_funnel_steps') }}
    where step_order = 'unordered'

),

{% if is_used -%}
step_sets as (

    select * from {{ ref('int_funnel_unordered_sets') }}

),

step_events as (

    select
        step_events.funnel,
        step_events.user_id,
        step_events.occurred_at,
        step_events.event_date,
        step_events.event_id,
        funnel_steps.event as reference
    from {{ ref('int_funnel_step_events') }} as step_events
    inner join funnel_steps
        on
            step_events.funnel = funnel_steps.funnel
            and step_events.step = funnel_steps.step

),

windows as (

    select distinct
        funnel,
        window_seconds
    from funnel_steps

),

-- how many events of a set there must be for as many filled steps of its group
sizes as (

    select distinct
        funnel,
        step_group,
        set_name,
        group_steps,
        set_steps
    from step_sets

),

numbered_sizes as (

    select
        funnel,
        step_group,
        set_name,
        group_steps,
        set_steps,
        {{ each_number('1', 'group_steps') }} as filled_steps
    from sizes

),

needs as (

    select
        funnel,
        step_group,
        set_name,
        filled_steps,
        cast(filled_steps - group_steps + set_steps as integer) as needed_events
    from numbered_sizes
    where filled_steps - group_steps + set_steps > 0

),

set_events as (

    select distinct
        step_sets.funnel,
        step_sets.set_name,
        step_events.user_id,
        step_events.occurred_at,
        step_events.event_id
    from step_events
    inner join step_sets
        on
            step_events.funnel = step_sets.funnel
            and step_events.reference = step_sets.reference

),

-- counted from each event on, when there are as many events of the set as it takes
looked_ahead as (

    select
        set_events.funnel,
        set_events.user_id,
        set_events.occurred_at,
        needs.step_group,
        needs.set_name,
        needs.filled_steps,
        lead(set_events.occurred_at, needs.needed_events - 1) over (
            partition by
                set_events.funnel, set_events.user_id, needs.set_name, needs.filled_steps
            order by set_events.occurred_at, set_events.event_id
        ) as filled_at
    from set_events
    inner join needs
        on
            set_events.funnel = needs.funnel
            and set_events.set_name = needs.set_name

),

-- an attempt may start with whatever step
starts as (

    select distinct
        funnel,
        user_id,
        occurred_at,
        event_date
    from step_events

),

timeline as (

    select
        funnel,
        user_id,
        occurred_at,
        cast(null as date) as started_on,
        step_group,
        set_name,
        filled_steps,
        filled_at,
        0 as row_kind
    from looked_ahead
    union all
    select
        starts.funnel,
        starts.user_id,
        starts.occurred_at,
        starts.event_date as started_on,
        needs.step_group,
        needs.set_name,
        needs.filled_steps,
        cast(null as timestamp with time zone) as filled_at,
        1 as row_kind
    from starts
    inner join needs
        on starts.funnel = needs.funnel

),

-- Backwards in time, as in int_funnel_attempts; events at the instant of the start are among those
-- that it sees, and the first of them is filled first.
sought as (

    select
        funnel,
        user_id,
        occurred_at as started_at,
        started_on,
        step_group,
        filled_steps,
        row_kind,
        min(filled_at) over (
            partition by funnel, user_id, set_name, filled_steps
            order by occurred_at desc, row_kind asc
            rows between unbounded preceding and current row
        ) as filled_at
    from timeline

),

-- when every set has the events that it takes
filled as (

    select
        funnel,
        user_id,
        started_at,
        started_on,
        step_group,
        filled_steps,
        max(filled_at) as filled_at
    from sought
    where row_kind = 1
    group by
        funnel,
        user_id,
        started_at,
        started_on,
        step_group,
        filled_steps
    having count(*) = count(filled_at)

),

within_window as (

    select
        filled.funnel,
        filled.user_id,
        filled.started_at,
        filled.started_on,
        filled.step_group,
        filled.filled_steps,
        filled.filled_at
    from filled
    inner join windows
        on filled.funnel = windows.funnel
    where
        coalesce(
            filled.filled_at <= {{ add_seconds('filled.started_at', 'windows.window_seconds') }},
            true
        )

),

numbered as (

    select
        funnel,
        user_id,
        started_at,
        started_on,
        cast(row_number() over (
            partition by funnel, user_id, started_at
            order by filled_at, step_group, filled_steps
        ) as integer) as step,
        filled_at as reached_at
    from within_window

)

{% else -%}
-- there is no such funnel, and so no row
numbered as (

    {{ no_attempts_of_other_steps('unordered', []) }}

)

{% endif -%}
select
    funnel,
    user_id,
    started_at,
    started_on,
    step,
    reached_at
from numbered
