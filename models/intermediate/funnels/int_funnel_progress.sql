with attempts as (

    select * from {{ ref('int_funnel_attempts') }}

),

attempt_depths as (

    select
        funnel,
        user_id,
        started_at,
        max(step) as furthest_step
    from attempts
    group by
        funnel,
        user_id,
        started_at

),

-- the attempt that got furthest; of those, the earliest
ranked as (

    select
        funnel,
        user_id,
        started_at,
        furthest_step,
        row_number() over (
            partition by funnel, user_id order by furthest_step desc, started_at asc
        ) as preference
    from attempt_depths

),

best_attempts as (

    select
        attempts.funnel,
        attempts.user_id,
        attempts.started_at,
        attempts.started_on,
        ranked.furthest_step,
        attempts.step,
        attempts.reached_at
    from attempts
    inner join ranked
        on
            attempts.funnel = ranked.funnel
            and attempts.user_id = ranked.user_id
            and attempts.started_at = ranked.started_at
    where ranked.preference = 1

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
    {{ microseconds_between('previous_reached_at', 'reached_at') }} as microseconds_from_previous
from timed
