{{ config(**rollup_step(enabled=rollups_are_kept())) }}
-- depends_on: {{ ref('int_event_batches') }}
{% set progress = kept_rollup('int_funnel_progress') -%}
with due_users as (

    select * from {{ ref('int_due_users') }}

),

funnel_steps as (

    select * from {{ ref('int_funnel_steps') }}

),

-- The model itself would be a circle: progress is computed again for those whom this one finds.
kept_progress as (

    {% if progress -%}
    select
        funnel,
        user_id,
        started_at,
        started_on,
        furthest_step,
        reached_at
    from {{ progress }}
    where
        step = furthest_step
        -- that of other definitions is all given up
        and exists (
            select 1 from {{ ref('int_event_batches') }} as batches
            where not batches.everything_is_due
        )
    {%- else -%}
    select
        '' as funnel,
        user_id,
        first_due_at as started_at,
        cast(null as date) as started_on,
        0 as furthest_step,
        first_due_at as reached_at
    from due_users
    where false
    {%- endif %}

),

-- Whoever is through a funnel stays as they are, whatever happens after that: of the attempts that
-- get to the end, the earliest counts, and an earlier one could have come to its end by the same
-- events. So does whoever can no longer go on, in a funnel that a user can enter only once.
settled as (

    select
        due_users.user_id,
        kept_progress.funnel
    from due_users
    inner join kept_progress
        on due_users.user_id = kept_progress.user_id
    inner join funnel_steps as first_steps
        on
            kept_progress.funnel = first_steps.funnel
            and first_steps.step = 1
    left join funnel_steps as next_steps
        on
            kept_progress.funnel = next_steps.funnel
            and kept_progress.furthest_step + 1 = next_steps.step
    where
        (
            next_steps.step is null
            and due_users.first_due_at > kept_progress.reached_at
        )
        or (
            first_steps.event = '$signup'
            and (
                due_users.first_due_at
                > {{ add_seconds('kept_progress.started_at', 'next_steps.window_seconds') }}
                or {{ local_date('due_users.first_due_at') }}
                > {{ add_days('kept_progress.started_on', 'next_steps.on_day') }}
            )
        )

),

settled_users as (

    select
        user_id,
        count(*) as settled_funnels
    from settled
    group by user_id

),

all_funnels as (

    select count(*) as funnels
    from funnel_steps
    where step = 1

),

due_funnel_users as (

    select due_users.user_id
    from due_users
    cross join all_funnels
    left join settled_users
        on due_users.user_id = settled_users.user_id
    where coalesce(settled_users.settled_funnels, 0) < all_funnels.funnels

)

select user_id
from due_funnel_users
