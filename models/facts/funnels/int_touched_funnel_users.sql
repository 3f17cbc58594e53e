{{ config(**step()) }}
{% do may_read(['int_deliveries']) -%}
-- Users of whom something arrived, without who is through every funnel or can no longer go on, and
-- since when attempts of theirs can change.
{% set is_kept = refreshing() -%}
with touched_users as (

    select
        user_id,
        since_at as first_due_at
    from {{ ref('int_touched_users') }}

),

funnel_steps as (

    select * from {{ ref('int_funnel_steps') }}

),

-- reach_seconds: for how long from its start new events can change an attempt. Of a last step that
-- asks for a date, this and the start are less than its days and two more apart in any time zone.
-- only_gains: more events never leave an attempt shorter. Where nothing may lie between steps they
-- can, and where a late event becomes the signup that a later step asks for.
-- is_without_limit: the attempt that began first gets as far as any other.
funnels as (

    select
        funnel,
        step_order,
        min(case when step = 1 then event end) as first_reference,
        least(
            window_seconds,
            min(case when is_last_step then cast(on_day + 2 as bigint) * 86400 end)
        ) as reach_seconds,
        step_order = 'ordered'
        and count(case when step > 1 and event = '$signup' then 1 end) = 0 as only_gains,
        window_seconds is null and count(on_day) = 0 as is_without_limit
    from funnel_steps
    group by
        funnel,
        step_order,
        window_seconds

),

-- The model itself would be a circle: progress is computed again for those whom this one finds.
kept_progress as (

    {% if is_kept -%}
    select
        funnel,
        user_id,
        started_at,
        started_on,
        furthest_step,
        reached_at,
        can_continue
    from {{ kept_rows_of(model_relation('fct_funnel_progress')) }}
    where step = furthest_step
    {%- else -%}
    select
        '' as funnel,
        user_id,
        first_due_at as started_at,
        cast(null as {{ type_date() }}) as started_on,
        0 as furthest_step,
        first_due_at as reached_at,
        true as can_continue
    from touched_users
    where false
    {%- endif %}

),

-- Whoever is through a funnel stays as they are, whatever happens after that: of the attempts that
-- get to the end, the earliest counts, and an earlier one could have come to its end by the same
-- events. So does whoever can no longer go on, in a funnel that a user can enter only once; what
-- ends a strict attempt may still come after its window.
standing as (

    select
        touched_users.user_id as user_id,
        touched_users.first_due_at as first_due_at,
        kept_progress.started_at as started_at,
        funnels.only_gains as only_gains,
        funnels.step_order = 'strict' and kept_progress.can_continue as may_be_ended,
        case
            -- an earlier start can only be one of the new events
            when funnels.only_gains and funnels.is_without_limit
                then least(touched_users.first_due_at, kept_progress.started_at)
            else {{ add_seconds('touched_users.first_due_at', '-funnels.reach_seconds') }}
        end as changes_since,
        (
            next_steps.step is null
            and touched_users.first_due_at > kept_progress.reached_at
        )
        or (
            funnels.first_reference = '$signup'
            and (
                funnels.step_order = 'ordered'
                or (funnels.step_order = 'strict' and not kept_progress.can_continue)
            )
            and (
                touched_users.first_due_at
                > {{ add_seconds('kept_progress.started_at', 'next_steps.window_seconds') }}
                or {{ local_date('touched_users.first_due_at') }}
                > {{ add_days('kept_progress.started_on', 'next_steps.on_day') }}
            )
        ) as is_settled
    from touched_users
    inner join kept_progress
        on touched_users.user_id = kept_progress.user_id
    inner join funnels
        on kept_progress.funnel = funnels.funnel
    left join funnel_steps as next_steps
        on
            kept_progress.funnel = next_steps.funnel
            and kept_progress.furthest_step + 1 = next_steps.step

),

-- Attempts that new events cannot reach stay as they are, and the one that is kept is the best of
-- them if it is one of them. If it is not, it still surpasses them as long as it cannot lose
-- steps; where it can, the best of them has to be found again, among all events.
bounded as (

    select
        user_id,
        case
            when not coalesce(is_settled, false) then
                case
                    when only_gains or (started_at < changes_since and not may_be_ended)
                        then coalesce(changes_since, {{ first_instant() }})
                    else {{ first_instant() }}
                end
        end as due_since
    from standing

),

kept_users as (

    select
        user_id,
        count(*) as entered_funnels,
        min(due_since) as due_since
    from bounded
    group by user_id

),

all_funnels as (

    select count(*) as funnels
    from funnels

),

-- funnels that a user has not entered they can only enter by new events
touched_funnel_users as (

    select
        touched_users.user_id as user_id,
        coalesce(
            kept_users.due_since,
            case
                when coalesce(kept_users.entered_funnels, 0) < all_funnels.funnels
                    then touched_users.first_due_at
            end
        ) as due_since
    from touched_users
    cross join all_funnels
    left join kept_users
        on touched_users.user_id = kept_users.user_id

)

select
    user_id,
    due_since
from touched_funnel_users
where due_since is not null
