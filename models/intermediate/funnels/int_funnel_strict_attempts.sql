{#- One pass per step, as in int_funnel_attempts. As nothing may lie between the steps, each step
    stands in the instant of the step before or in the user's next one: nothing is sought. -#}
{% set steps = funnel_passes(ref('int_funnel_steps'), 'strict') -%}
{% set known_steps = ['step <= ' ~ steps | length] if steps else [] -%}
with funnel_steps as (

    select *
    from {{ ref('int_funnel_steps') }}
    where step_order = 'strict'

),

{% if steps -%}
step_events as (

    select
        step_events.funnel,
        step_events.step,
        step_events.user_id,
        step_events.occurred_at,
        step_events.event_date
    from {{ ref('int_funnel_step_events') }} as step_events
    inner join funnel_steps
        on
            step_events.funnel = funnel_steps.funnel
            and step_events.step = funnel_steps.step

),

ties as (

    select * from {{ ref('int_funnel_ties') }}

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
        user_id,
        occurred_at,
        events,
        row_number() over (partition by user_id order by occurred_at) as instant_number,
        count(*) over (partition by user_id) as last_instant
    from instants

),

candidates as (

    select distinct
        step_events.funnel,
        step_events.step,
        step_events.user_id,
        step_events.occurred_at,
        step_events.event_date,
        numbered_instants.instant_number,
        numbered_instants.events,
        numbered_instants.last_instant
    from step_events
    inner join numbered_instants
        on
            step_events.user_id = numbered_instants.user_id
            and step_events.occurred_at = numbered_instants.occurred_at

),

-- base_step is the last step that was filled before the instant of reached_at.
attempts_1 as (

    select
        funnel,
        user_id,
        occurred_at as started_at,
        event_date as started_on,
        instant_number as start_instant,
        0 as base_step,
        occurred_at as reached_at,
        event_date as reached_on,
        instant_number,
        events,
        last_instant
    from candidates
    where step = 1

),

{% for step in steps[1:] -%}
{% set previous = step - 1 -%}
standing_{{ step }} as (

    select
        attempts.funnel,
        attempts.user_id,
        attempts.started_at,
        attempts.started_on,
        attempts.start_instant,
        attempts.base_step,
        attempts.reached_at,
        attempts.reached_on,
        attempts.instant_number,
        attempts.events,
        attempts.last_instant,
        {{ add_days('attempts.started_on', 'funnel_steps.on_day') }} as required_date,
        {{ add_seconds('attempts.started_at', 'funnel_steps.window_seconds') }} as deadline
    from attempts_{{ previous }} as attempts
    inner join funnel_steps
        on
            attempts.funnel = funnel_steps.funnel
            and funnel_steps.step = {{ step }}

),

-- Windows rather than joins, as in int_funnel_attempts. The instant goes on: enough of its events
-- are left for this step as well.
instants_{{ step }} as (

    select
        *,
        0 as is_tie
    from standing_{{ step }}
    union all
    select
        funnel,
        user_id,
        cast(null as timestamp with time zone) as started_at,
        cast(null as date) as started_on,
        cast(null as bigint) as start_instant,
        base_step,
        occurred_at as reached_at,
        cast(null as date) as reached_on,
        cast(null as bigint) as instant_number,
        cast(null as bigint) as events,
        cast(null as bigint) as last_instant,
        cast(null as date) as required_date,
        cast(null as timestamp with time zone) as deadline,
        1 as is_tie
    from ties
    where step = {{ step }}

),

marked_{{ step }} as (

    select
        *,
        max(is_tie) over (partition by funnel, user_id, reached_at, base_step) as goes_on
    from instants_{{ step }}

),

at_once_{{ step }} as (

    select
        funnel,
        user_id,
        started_at,
        started_on,
        start_instant,
        base_step,
        reached_at,
        reached_on,
        instant_number,
        events,
        last_instant
    from marked_{{ step }}
    where
        is_tie = 0
        and goes_on = 1
        and coalesce(required_date = reached_on, true)

),

-- The next instant, unless something is left of this one: only what happened at the instant of the
-- first step may have happened before it.
moving_{{ step }} as (

    select
        funnel,
        user_id,
        started_at,
        started_on,
        start_instant,
        instant_number + 1 as instant_number,
        last_instant,
        required_date,
        deadline,
        cast(null as timestamp with time zone) as candidate_at,
        cast(null as date) as candidate_on,
        cast(null as bigint) as candidate_events
    from standing_{{ step }}
    where
        instant_number = start_instant
        or {{ previous }} - base_step = events
    union all
    select
        funnel,
        user_id,
        cast(null as timestamp with time zone) as started_at,
        cast(null as date) as started_on,
        cast(null as bigint) as start_instant,
        instant_number,
        last_instant,
        cast(null as date) as required_date,
        cast(null as timestamp with time zone) as deadline,
        occurred_at as candidate_at,
        event_date as candidate_on,
        events as candidate_events
    from candidates
    where step = {{ step }}

),

met_{{ step }} as (

    select
        funnel,
        user_id,
        started_at,
        started_on,
        start_instant,
        instant_number,
        last_instant,
        required_date,
        deadline,
        max(candidate_at) over (partition by funnel, user_id, instant_number) as reached_at,
        max(candidate_on) over (partition by funnel, user_id, instant_number) as reached_on,
        max(candidate_events) over (partition by funnel, user_id, instant_number) as events
    from moving_{{ step }}

),

at_next_{{ step }} as (

    select
        funnel,
        user_id,
        started_at,
        started_on,
        start_instant,
        {{ previous }} as base_step,
        reached_at,
        reached_on,
        instant_number,
        events,
        last_instant
    from met_{{ step }}
    where
        started_at is not null
        and reached_at is not null
        and coalesce(required_date = reached_on, true)
        and coalesce(reached_at <= deadline, true)

),

attempts_{{ step }} as (

    select * from at_once_{{ step }}
    union all
    select * from at_next_{{ step }}

),

{% endfor -%}
{% endif -%}
outdated as (

    {{ no_attempts_of_other_steps('strict', known_steps) }}

),

unioned as (

    select
        *,
        cast(null as integer) as can_continue
    from outdated
    {% for step in steps -%}
    union all
    select
        funnel,
        user_id,
        started_at,
        started_on,
        {{ step }} as step,
        reached_at,
        case
            when instant_number < last_instant then 0
            when instant_number = start_instant or {{ step }} - base_step = events then 1
            else 0
        end as can_continue
    from attempts_{{ step }}
    {% endfor %}
),

-- one step of one attempt in several ways: by which events of an instant lie before the first step
earliest as (

    select
        funnel,
        user_id,
        started_at,
        started_on,
        step,
        min(reached_at) as reached_at,
        max(can_continue) as can_continue
    from unioned
    group by
        funnel,
        user_id,
        started_at,
        started_on,
        step

)

select
    funnel,
    user_id,
    started_at,
    started_on,
    step,
    reached_at,
    can_continue = 1 as can_continue
from earliest
