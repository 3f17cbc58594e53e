{{ config(**fact(
    key=['user_id', 'funnel', 'step'],
    within='int_touched_funnel_users',
    where='kept.user_id = within.user_id'
)) }}
{% do may_read(['int_touched_funnel_users']) -%}
{% set kept_progress = kept_rows() -%}
with funnels as (

    select distinct
        funnel,
        funnel_number
    from {{ ref('int_funnel_steps') }}

),

computed_attempts as (

    select
        funnel_number,
        user_id,
        started_at,
        started_on,
        step,
        reached_at,
        true as can_continue
    from {{ ref('int_funnel_attempts') }}
    union all
    select
        funnel_number,
        user_id,
        started_at,
        started_on,
        step,
        reached_at,
        can_continue
    from {{ ref('int_funnel_strict_attempts') }}
    union all
    select
        funnel_number,
        user_id,
        started_at,
        started_on,
        step,
        reached_at,
        true as can_continue
    from {{ ref('int_funnel_unordered_attempts') }}

),

{% if kept_progress -%}
-- of what is kept, those attempts are still there that are not computed again
kept_attempts as (

    select
        funnels.funnel_number as funnel_number,
        kept.user_id as user_id,
        kept.started_at as started_at,
        kept.started_on as started_on,
        kept.step as step,
        kept.reached_at as reached_at,
        kept.can_continue as can_continue
    from {{ kept_progress }} as kept
    inner join {{ ref('int_touched_funnel_users') }} as touched_users
        on kept.user_id = touched_users.user_id
    inner join funnels
        on kept.funnel = funnels.funnel
    where kept.started_at < touched_users.due_since

),

{% endif -%}
attempts as (

    select * from computed_attempts
    {% if kept_progress -%}
    union all
    select * from kept_attempts
    {%- endif %}

),

earliest_starts as (

    select
        funnel_number,
        user_id,
        step,
        min(started_at) as started_at
    from attempts
    group by
        funnel_number,
        user_id,
        step

),

ranked_starts as (

    select
        funnel_number,
        user_id,
        started_at,
        step as furthest_step,
        row_number() over (partition by user_id, funnel_number order by step desc) as place
    from earliest_starts

),

-- the attempt that got furthest; of those, the earliest
best_starts as (

    select *
    from ranked_starts
    where place = 1

),

best_attempts as (

    select
        attempts.funnel_number as funnel_number,
        attempts.user_id as user_id,
        attempts.started_at as started_at,
        attempts.started_on as started_on,
        best_starts.furthest_step as furthest_step,
        attempts.step as step,
        attempts.reached_at as reached_at,
        attempts.can_continue as can_continue
    from attempts
    {{ hashed_join() }} best_starts
        on
            attempts.funnel_number = best_starts.funnel_number
            and attempts.user_id = best_starts.user_id
            and attempts.started_at = best_starts.started_at
    where coalesce(attempts.step <= best_starts.furthest_step, false)
    {{ end_of_hashed_join() }}

),

timed as (

    select
        funnel_number,
        user_id,
        started_at,
        started_on,
        furthest_step,
        step,
        reached_at,
        can_continue,
        lag({{ nullable('reached_at') }}) over (
            partition by funnel_number, user_id
            order by step
        ) as previous_reached_at
    from best_attempts

),

named as (

    select
        funnels.funnel as funnel,
        timed.funnel_number as funnel_number,
        timed.user_id as user_id,
        timed.started_at as started_at,
        timed.started_on as started_on,
        timed.furthest_step as furthest_step,
        timed.step as step,
        timed.reached_at as reached_at,
        timed.can_continue as can_continue,
        timed.previous_reached_at as previous_reached_at
    from timed
    inner join funnels
        on timed.funnel_number = funnels.funnel_number

)

select
    user_id,
    funnel,
    funnel_number,
    started_at,
    started_on,
    furthest_step,
    step,
    reached_at,
    can_continue,
    {{ microseconds_between('previous_reached_at', 'reached_at') }} as microseconds
from named
