{#- Nothing may lie between the steps, so each event of a user after the first step fills the next
    one: the number of the event among the user's and that of the step rise together, and their
    difference, the diagonal, stays the same. An attempt is a run of instants, one after the other, on
    a diagonal. -#}
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
        events.user_id,
        events.occurred_at,
        min(events.event_date) as event_date,
        count(*) as events
    from {{ ref('int_due_events') }} as events
    inner join entrants
        on events.user_id = entrants.user_id
    group by
        events.user_id,
        events.occurred_at

),

numbered_instants as (

    select
        *,
        row_number() over (partition by user_id order by occurred_at) as instant_number,
        lead(occurred_at) over (partition by user_id order by occurred_at) is null as ends_history,
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
        instants.*,
        fills.funnel_number,
        fills.base_step,
        fills.last_step
    from fills
    {{ hashed_join() }} numbered_instants as instants
        on
            fills.user_id = instants.user_id
            and fills.occurred_at = instants.occurred_at
    where coalesce(fills.occurred_at = instants.occurred_at, false)
    {{ end_of_hashed_join() }}

),

-- Some events of the first instant may lie before the first step, so it may end with any step of
-- its run.
starts as (

    select
        *,
        events_so_far - last_step as diagonal
    from placed
    where base_step = 0

),

later_instants as (

    select
        funnel_number,
        user_id,
        events_so_far - events - base_step as diagonal,
        instant_number,
        instant_number - 1 as previous_instant,
        occurred_at,
        event_date,
        events,
        ends_history,
        base_step,
        max(last_step) as last_step
    from placed
    where base_step > 0
    group by
        funnel_number,
        user_id,
        events_so_far,
        instant_number,
        occurred_at,
        event_date,
        events,
        ends_history,
        base_step

),

followed as (

    select
        *,
        lag(instant_number) over (
            partition by funnel_number, user_id, diagonal
            order by instant_number
        ) as followed_instant,
        lag(base_step + events - last_step) over (
            partition by funnel_number, user_id, diagonal
            order by instant_number
        ) as events_left
    from later_instants

),

-- A run goes on as long as it leaves out no instant, and nothing of one.
islands as (

    select
        *,
        sum(
            case when followed_instant = previous_instant and events_left = 0 then 0 else 1 end
        ) over (
            partition by funnel_number, user_id, diagonal
            order by instant_number
            rows between unbounded preceding and current row
        ) as island
    from followed

),

-- the island that begins right after the first instant
continued_starts as (

    select
        starts.funnel_number,
        starts.user_id,
        starts.occurred_at as started_at,
        starts.event_date as started_on,
        starts.last_step as start_step,
        starts.diagonal,
        starts.instant_number as start_instant,
        islands.island
    from starts
    {{ hashed_join() }} islands
        on
            starts.funnel_number = islands.funnel_number
            and starts.user_id = islands.user_id
            and starts.diagonal = islands.diagonal
            and starts.instant_number = islands.previous_instant
    where coalesce(starts.instant_number = islands.previous_instant, false)
    {{ end_of_hashed_join() }}

),

continued as (

    select
        continued_starts.funnel_number,
        continued_starts.user_id,
        continued_starts.started_at,
        continued_starts.started_on,
        continued_starts.start_step,
        islands.base_step,
        islands.last_step,
        islands.occurred_at as reached_at,
        islands.event_date as reached_on,
        islands.events,
        islands.ends_history
    from continued_starts
    {{ hashed_join() }} islands
        on
            continued_starts.funnel_number = islands.funnel_number
            and continued_starts.user_id = islands.user_id
            and continued_starts.diagonal = islands.diagonal
            and continued_starts.island = islands.island
    where coalesce(continued_starts.start_instant < islands.instant_number, false)
    {{ end_of_hashed_join() }}

),

ways as (

    select
        funnel_number,
        user_id,
        occurred_at as started_at,
        event_date as started_on,
        last_step as start_step,
        base_step,
        last_step,
        occurred_at as reached_at,
        event_date as reached_on,
        events,
        ends_history
    from starts
    union all
    select * from continued

),

-- More can follow where nothing else has; of the first instant, all else may have come before.
reached as (

    select
        ways.*,
        funnel_steps.step,
        ways.ends_history
        and (ways.base_step = 0 or funnel_steps.step = ways.base_step + ways.events)
            as can_continue,
        {{ add_seconds('ways.started_at', 'funnel_steps.window_seconds') }} as deadline,
        {{ add_days('ways.started_on', 'funnel_steps.on_day') }} as required_date
    from ways
    inner join funnel_steps
        on
            ways.funnel_number = funnel_steps.funnel_number
            and ways.base_step < funnel_steps.step
            and ways.last_step >= funnel_steps.step

),

-- a step that comes too late, or on another day, ends its way
limited as (

    select
        *,
        max(case when reached_at > deadline or reached_on <> required_date then 1 else 0 end) over (
            partition by funnel_number, user_id, started_at, start_step
            order by step
            rows between unbounded preceding and current row
        ) as is_over
    from reached

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
        max(case when can_continue then 1 else 0 end) = 1 as can_continue
    from limited
    where is_over = 0
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

    {{ no_attempts_of_other_steps('strict', []) }}

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
