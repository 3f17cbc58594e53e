{#- One pass per step. Each pass reads the attempts that stand at the step before and the events
    that match the step, and sorts them once: linear in events, whatever the number of steps. -#}
{% set max_steps = whole_number('max_funnel_steps', 1) -%}
with funnel_steps as (

    select *
    from {{ ref('int_funnel_steps') }}
    where step_order = 'ordered'

),

step_events as (

    select * from {{ ref('int_funnel_step_events') }}

),

ties as (

    select * from {{ ref('int_funnel_ties') }}

),

-- Any first step may start an attempt. base_step is the last step that was filled before the
-- instant of reached_at, so the steps after it were all filled at that instant.
attempts_1 as (

    select distinct
        funnel,
        user_id,
        occurred_at as started_at,
        event_date as started_on,
        0 as base_step,
        occurred_at as reached_at
    from step_events
    where
        step = 1
        and funnel in (select funnel_steps.funnel from funnel_steps)

),

{% for step in range(2, max_steps + 1) -%}
{% set previous = step - 1 -%}
standing_{{ step }} as (

    select
        attempts.funnel,
        attempts.user_id,
        attempts.started_at,
        attempts.started_on,
        attempts.base_step,
        attempts.reached_at,
        {{ add_days('attempts.started_on', 'funnel_steps.on_day') }} as required_date,
        {{ add_seconds('attempts.started_at', 'funnel_steps.window_seconds') }} as deadline,
        0 as is_tie
    from attempts_{{ previous }} as attempts
    inner join funnel_steps
        on
            attempts.funnel = funnel_steps.funnel
            and funnel_steps.step = {{ step }}
    union all
    select
        funnel,
        user_id,
        cast(null as timestamp with time zone) as started_at,
        cast(null as date) as started_on,
        base_step,
        occurred_at as reached_at,
        cast(null as date) as required_date,
        cast(null as timestamp with time zone) as deadline,
        1 as is_tie
    from ties
    where step = {{ step }}

),

-- A window rather than a join to the ties: PostgreSQL cannot foresee how many there are, and a join
-- planned for a few is quadratic for many.
seekers_{{ step }} as (

    select
        funnel,
        user_id,
        started_at,
        started_on,
        base_step,
        reached_at,
        required_date,
        deadline,
        is_tie,
        max(is_tie) over (partition by funnel, user_id, reached_at, base_step) = 1
        and coalesce(required_date = {{ local_date('reached_at') }}, true) as continues_at_once
    from standing_{{ step }}

),

candidates_{{ step }} as (

    select
        step_events.funnel,
        step_events.user_id,
        step_events.occurred_at,
        case when funnel_steps.on_day is not null then step_events.event_date end as required_date
    from step_events
    inner join funnel_steps
        on
            step_events.funnel = funnel_steps.funnel
            and funnel_steps.step = {{ step }}
    where step_events.step = {{ step }}

),

timeline_{{ step }} as (

    select
        funnel,
        user_id,
        required_date,
        reached_at as occurred_at,
        started_at,
        started_on,
        base_step,
        deadline,
        continues_at_once,
        cast(null as timestamp with time zone) as candidate_at,
        0 as row_kind
    from seekers_{{ step }}
    where is_tie = 0
    union all
    select
        funnel,
        user_id,
        required_date,
        occurred_at,
        cast(null as timestamp with time zone) as started_at,
        cast(null as date) as started_on,
        cast(null as integer) as base_step,
        cast(null as timestamp with time zone) as deadline,
        cast(null as boolean) as continues_at_once,
        occurred_at as candidate_at,
        1 as row_kind
    from candidates_{{ step }}

),

-- Backwards in time, so that the frame only ever grows (a shrinking one is quadratic in
-- PostgreSQL); candidates of the same instant come after the attempts and are not seen.
sought_{{ step }} as (

    select
        funnel,
        user_id,
        occurred_at as reached_at,
        started_at,
        started_on,
        base_step,
        deadline,
        continues_at_once,
        row_kind,
        min(candidate_at) over (
            partition by funnel, user_id, required_date
            order by occurred_at desc, row_kind asc
            rows between unbounded preceding and current row
        ) as next_at
    from timeline_{{ step }}

),

stepped_{{ step }} as (

    select
        funnel,
        user_id,
        started_at,
        started_on,
        deadline,
        case when continues_at_once then base_step else {{ previous }} end as base_step,
        case when continues_at_once then reached_at else next_at end as reached_at
    from sought_{{ step }}
    where row_kind = 0

),

attempts_{{ step }} as (

    select
        funnel,
        user_id,
        started_at,
        started_on,
        base_step,
        reached_at
    from stepped_{{ step }}
    where
        reached_at is not null
        and (deadline is null or reached_at <= deadline)

),

{% endfor -%}
unioned as (

    {% for step in range(1, max_steps + 1) -%}
    select
        funnel,
        user_id,
        started_at,
        started_on,
        {{ step }} as step,
        reached_at
    from attempts_{{ step }}
    {% if not loop.last -%}
    union all
    {% endif -%}
    {% endfor %}
)

select
    funnel,
    user_id,
    started_at,
    started_on,
    step,
    reached_at
from unioned
