{{ config(**funnel_rollup()) }}
with attempts as (

    select
        funnel,
        user_id,
        started_at,
        started_on,
        step,
        reached_at,
        true as can_continue
    from {{ ref('int_funnel_attempts') }}
    union all
    select
        funnel,
        user_id,
        started_at,
        started_on,
        step,
        reached_at,
        can_continue
    from {{ ref('int_funnel_strict_attempts') }}
    union all
    select
        funnel,
        user_id,
        started_at,
        started_on,
        step,
        reached_at,
        true as can_continue
    from {{ ref('int_funnel_unordered_attempts') }}

),

furthest_steps as (

    select
        funnel,
        user_id,
        max(step) as furthest_step
    from attempts
    group by
        funnel,
        user_id

),

-- the attempt that got furthest; of those, the earliest
best_starts as (

    select
        attempts.funnel,
        attempts.user_id,
        furthest_steps.furthest_step,
        min(attempts.started_at) as started_at
    from attempts
    {{ hashed_join() }} furthest_steps
        on
            attempts.funnel = furthest_steps.funnel
            and attempts.user_id = furthest_steps.user_id
    where coalesce(attempts.step = furthest_steps.furthest_step, false)
    group by
        attempts.funnel,
        attempts.user_id,
        furthest_steps.furthest_step
    {{ end_of_hashed_join() }}

),

best_attempts as (

    select
        attempts.funnel,
        attempts.user_id,
        attempts.started_at,
        attempts.started_on,
        best_starts.furthest_step,
        attempts.step,
        attempts.reached_at,
        attempts.can_continue
    from attempts
    {{ hashed_join() }} best_starts
        on
            attempts.funnel = best_starts.funnel
            and attempts.user_id = best_starts.user_id
            and attempts.started_at = best_starts.started_at
    where coalesce(attempts.step <= best_starts.furthest_step, false)
    {{ end_of_hashed_join() }}

),

timed as (

    select
        funnel,
        user_id,
        started_at,
        started_on,
        furthest_step,
        step,
        reached_at,
        can_continue,
        lag(reached_at) over (partition by funnel, user_id order by step) as previous_reached_at
    from best_attempts

)

select
    funnel,
    user_id,
    started_at,
    started_on,
    furthest_step,
    step,
    reached_at,
    can_continue,
    {{ microseconds_between('previous_reached_at', 'reached_at') }} as microseconds_from_previous
from timed
