{{ config(**user_rollup()) }}
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

-- Windows rather than joins of attempts to themselves: PostgreSQL cannot foresee how many attempts
-- there are, and a join planned for a few is quadratic for many.
attempt_depths as (

    select
        funnel,
        user_id,
        started_at,
        started_on,
        step,
        reached_at,
        can_continue,
        max(step) over (partition by funnel, user_id, started_at) as furthest_step
    from attempts

),

-- the attempt that got furthest; of those, the earliest
ranked as (

    select
        funnel,
        user_id,
        started_at,
        started_on,
        furthest_step,
        step,
        reached_at,
        can_continue,
        dense_rank() over (
            partition by funnel, user_id order by furthest_step desc, started_at asc
        ) as preference
    from attempt_depths

),

best_attempts as (

    select *
    from ranked
    where preference = 1

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
