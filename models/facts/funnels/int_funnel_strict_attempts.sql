{{ config(**shared_view()) }}
{#- Nothing may lie between the steps, so each event of a user after the first step fills the next
    one: the number of the event among the user's and that of the step rise together, and their
    difference, the diagonal, stays the same. An attempt is what fills its steps, one by one, on a
    diagonal; no two attempts share one, and nothing on it lies before the first step. -#}
{% set is_used = funnel_passes(ref('int_funnel_steps'), 'strict') | length > 0 -%}
with funnel_steps as (

    select *
    from {{ ref('int_funnel_steps') }}
    where step_order = 'strict'

),

{% if is_used -%}
step_events as (

    select *
    from {{ ref('int_funnel_step_events') }}
    where step_order = 'strict'

),

entrants as (

    select distinct user_id
    from step_events
    where step = 1

),

-- every instant at which such a user did anything at all
instants as (

    select
        events.user_id as user_id,
        events.occurred_at as occurred_at,
        min(events.event_date) as event_date,
        count(*) as events
    from {{ ref('int_funnel_events') }} as events
    inner join entrants
        on events.user_id = entrants.user_id
    group by
        events.user_id,
        events.occurred_at

),

numbered_instants as (

    select
        *,
        case
            when
                lead({{ nullable('occurred_at') }}) over (
                    partition by user_id order by occurred_at
                ) is null
                then 1
            else 0
        end as ends_history,
        sum(events) over (
            partition by user_id
            order by occurred_at
            rows between unbounded preceding and current row
        ) as events_so_far
    from instants

),

-- which steps, from the one after base_step up to last_step, an instant can fill
fills as (

    select
        funnel_number,
        user_id,
        occurred_at,
        step - 1 as base_step,
        step as last_step
    from step_events
    union
    select
        funnel_number,
        user_id,
        occurred_at,
        base_step,
        step as last_step
    from {{ ref('int_funnel_ties') }}
    where funnel_number in (select funnel_steps.funnel_number from funnel_steps)

),

placed as (

    select
        fills.funnel_number as funnel_number,
        fills.base_step as base_step,
        fills.last_step as last_step,
        instants.user_id as user_id,
        instants.occurred_at as occurred_at,
        instants.event_date as event_date,
        instants.events as events,
        instants.ends_history as ends_history,
        instants.events_so_far as events_so_far
    from fills
    {{ hashed_join() }} numbered_instants as instants
        on
            fills.user_id = instants.user_id
            and fills.occurred_at = instants.occurred_at
    where coalesce(fills.occurred_at = instants.occurred_at, false)
    {{ end_of_hashed_join() }}

),

-- Some events of the first instant may lie before the first step, so the instant may end with any
-- step of its run; of a later one, every event comes after the step before.
on_diagonals as (

    select
        funnel_number,
        user_id,
        case
            when base_step = 0 then events_so_far - last_step
            else events_so_far - events - base_step
        end as diagonal,
        occurred_at,
        event_date,
        events,
        ends_history,
        base_step,
        last_step
    from placed

),

ways as (

    select
        funnel_number,
        user_id,
        diagonal,
        min(case when base_step = 0 then occurred_at end) over (
            partition by funnel_number, user_id, diagonal
        ) as started_at,
        min(case when base_step = 0 then event_date end) over (
            partition by funnel_number, user_id, diagonal
        ) as started_on,
        occurred_at as reached_at,
        event_date as reached_on,
        events,
        ends_history,
        base_step,
        last_step
    from on_diagonals

),

-- More can follow where nothing else has; of the first instant, all else may have come before.
possible_steps as (

    select
        ways.funnel_number as funnel_number,
        ways.user_id as user_id,
        ways.diagonal as diagonal,
        ways.started_at as started_at,
        ways.started_on as started_on,
        funnel_steps.step as step,
        ways.reached_at as reached_at,
        max(
            case
                when ways.base_step = 0 or funnel_steps.step = ways.base_step + ways.events
                    then ways.ends_history
                else 0
            end
        ) as can_continue
    from ways
    inner join funnel_steps
        on
            ways.funnel_number = funnel_steps.funnel_number
            and ways.base_step < funnel_steps.step
            and ways.last_step >= funnel_steps.step
    where
        coalesce(
            ways.reached_at <= {{ add_seconds('ways.started_at', 'funnel_steps.window_seconds') }},
            ways.started_at is not null
        )
        and coalesce(
            ways.reached_on = {{ add_days('ways.started_on', 'funnel_steps.on_day') }}, true
        )
    group by
        ways.funnel_number,
        ways.user_id,
        ways.diagonal,
        ways.started_at,
        ways.started_on,
        funnel_steps.step,
        ways.reached_at

),

-- a step that is missing, too late or on another day ends its way
numbered_steps as (

    select
        *,
        row_number() over (
            partition by funnel_number, user_id, diagonal
            order by step
        ) as step_number
    from possible_steps

),

-- one step of one attempt in several ways: by which events of an instant lie before the first step
earliest as (

    select
        funnel_number,
        user_id,
        started_at,
        started_on,
        step,
        min(reached_at) as reached_at,
        max(can_continue) = 1 as can_continue
    from numbered_steps
    where step = step_number
    group by
        funnel_number,
        user_id,
        started_at,
        started_on,
        step

)

{% else -%}
-- there is no such funnel, and so no row
none_of_them as (

    {{ no_attempts_of_other_steps('strict', 0) }}

),

earliest as (

    select
        *,
        false as can_continue
    from none_of_them

)

{% endif -%}
select
    funnel_number,
    user_id,
    started_at,
    started_on,
    step,
    reached_at,
    can_continue
from earliest
