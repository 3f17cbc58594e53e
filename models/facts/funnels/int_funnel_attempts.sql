{{ config(**shared_view()) }}
{#- One pass for each step, and no more than the longest ordered funnel has. Each takes the attempts
    that stand at the step before and the events that match the step, and sorts them once: linear in
    events. -#}
{% set steps = funnel_passes(ref('int_funnel_steps'), 'ordered') -%}
{% set native = native_ordered_attempts(steps) if steps -%}
{% if native -%}
{{ native }}
{%- else -%}
with funnel_steps as (

    select *
    from {{ ref('int_funnel_steps') }}
    where step_order = 'ordered'

),

{% if steps -%}
-- Steps that any event fills are sought among all events by the pass itself: it keeps few of them.
step_events as (

    select
        funnel_number,
        step,
        user_id,
        occurred_at,
        event_date,
        -- null equals nothing, so a date that no event has stands in where none is asked for
        case when on_day is null then {{ first_date() }} else event_date end as date_key
    from {{ ref('int_funnel_step_events') }}
    where
        step_order = 'ordered'
        and reference <> '*'

),

ties as (

    select
        funnel_number,
        user_id,
        occurred_at,
        step,
        min(base_step) as base_step
    from {{ ref('int_funnel_ties') }}
    group by
        funnel_number,
        user_id,
        occurred_at,
        step

),

starts as (

    select
        funnel_number,
        user_id,
        occurred_at,
        event_date
    from step_events
    where step = 1
    union all
    select
        funnel_steps.funnel_number as funnel_number,
        events.user_id as user_id,
        events.occurred_at as occurred_at,
        events.event_date as event_date
    from {{ ref('int_funnel_events') }} as events
    inner join funnel_steps
        on funnel_steps.step = 1 and funnel_steps.event = '*'
    where
        exists (
            select 1 from funnel_steps as first_steps
            where first_steps.step = 1 and first_steps.event = '*'
        )

),

-- Any first step may start an attempt. base_step is the last step that was filled before the
-- instant of reached_at, so the steps after it were all filled at that instant.
attempts_1 as (

    select
        funnel_number,
        user_id,
        occurred_at as started_at,
        min(event_date) as started_on,
        0 as base_step,
        occurred_at as reached_at
    from starts
    group by
        user_id,
        occurred_at,
        funnel_number

),

{% for step in steps[1:] -%}
standing_{{ step }} as (

    select
        attempts.*,
        {{ add_days('attempts.started_on', 'funnel_steps.on_day') }} as required_date,
        funnel_steps.event as event,
        funnel_steps.window_seconds as window_seconds
    from attempts_{{ step - 1 }} as attempts
    inner join funnel_steps
        on
            attempts.funnel_number = funnel_steps.funnel_number
            and funnel_steps.step = {{ step }}

),

-- from when to when attempts of a user look for the step
spans_{{ step }} as (

    select
        funnel_number,
        user_id,
        event,
        required_date,
        coalesce(required_date, {{ first_date() }}) as date_key,
        min(reached_at) as first_sought_at,
        max(reached_at) as last_sought_at
    from standing_{{ step }}
    group by
        funnel_number,
        user_id,
        event,
        required_date

),

certain_{{ step }} as (

    select
        spans.funnel_number as funnel_number,
        spans.user_id as user_id,
        spans.required_date as required_date,
        step_events.occurred_at as occurred_at,
        spans.last_sought_at as last_sought_at
    from (
        select *
        from step_events
        where step = {{ step }}
    ) as step_events
    {{ hashed_join() }} spans_{{ step }} as spans
        on
            step_events.funnel_number = spans.funnel_number
            and step_events.user_id = spans.user_id
            and step_events.date_key = spans.date_key
    where coalesce(step_events.occurred_at >= spans.first_sought_at, false)
    {{ end_of_hashed_join() }}

),

any_{{ step }} as (

    {{ any_events_within('spans_' ~ step, is_dated=false) }}

),

any_of_date_{{ step }} as (

    {{ any_events_within('spans_' ~ step, is_dated=true) }}

),

found_{{ step }} as (

    select * from certain_{{ step }}
    union all
    select * from any_{{ step }}
    union all
    select * from any_of_date_{{ step }}

),

-- After the last attempt only the next event can be found, so that most need not be sorted.
candidates_{{ step }} as (

    select
        funnel_number,
        user_id,
        required_date,
        {{ step }} as step,
        min(occurred_at) as occurred_at,
        count(*) as events
    from found_{{ step }}
    group by
        user_id,
        funnel_number,
        required_date,
        case when occurred_at <= last_sought_at then occurred_at end

),

tied_{{ step }} as (

    select
        candidates.*,
        ties.base_step as base_step
    from candidates_{{ step }} as candidates
    {{ hashed_left_join() }} ties
        on
            candidates.funnel_number = ties.funnel_number
            and candidates.step = ties.step
            and candidates.user_id = ties.user_id
            and candidates.occurred_at = ties.occurred_at
    where coalesce(candidates.events > 0, false)
    {{ end_of_hashed_join() }}

),

-- Whoever stands at the instant of a candidate goes on at once, if they have filled its base_step
-- before: 0 if no earlier step takes its events, while any event needs one that is left.
timeline_{{ step }} as (

    select
        funnel_number,
        user_id,
        required_date,
        reached_at as occurred_at,
        base_step,
        1 as is_attempt,
        started_at,
        started_on,
        window_seconds
    from standing_{{ step }}
    union all
    select
        tied.funnel_number as funnel_number,
        tied.user_id as user_id,
        tied.required_date as required_date,
        tied.occurred_at as occurred_at,
        case
            when funnel_steps.event = '*' then {{ step }} - tied.events
            when funnel_steps.shares_events then coalesce(tied.base_step, {{ step - 1 }})
            else 0
        end as base_step,
        0 as is_attempt,
        cast(null as {{ type_instant() }}) as started_at,
        cast(null as {{ type_date() }}) as started_on,
        cast(null as bigint) as window_seconds
    from tied_{{ step }} as tied
    inner join funnel_steps
        on
            tied.funnel_number = funnel_steps.funnel_number
            and funnel_steps.step = {{ step }}

),

-- Backwards in time, so that the frame only ever grows (a shrinking one is quadratic in
-- PostgreSQL). By user first, which tells more rows apart than the funnel.
sought_{{ step }} as (

    select
        *,
        min(case when is_attempt = 0 then occurred_at end) over (
            partition by user_id, funnel_number, required_date
            order by occurred_at desc, base_step asc, is_attempt asc
            rows between unbounded preceding and current row
        ) as next_at
    from timeline_{{ step }}

),

attempts_{{ step }} as (

    select
        funnel_number,
        user_id,
        started_at,
        started_on,
        case when next_at = occurred_at then base_step else {{ step - 1 }} end as base_step,
        next_at as reached_at
    from sought_{{ step }}
    where
        is_attempt = 1
        and next_at <= coalesce({{ add_seconds('started_at', 'window_seconds') }}, next_at)

),

{% endfor -%}
{% endif -%}
outdated as (

    {{ no_attempts_of_other_steps('ordered', steps | length) }}

),

unioned as (

    select * from outdated
    {% for step in steps -%}
    union all
    select
        funnel_number,
        user_id,
        started_at,
        started_on,
        {{ step }} as step,
        reached_at
    from attempts_{{ step }}
    {% endfor %}
)

select
    funnel_number,
    user_id,
    started_at,
    started_on,
    step,
    reached_at
from unioned
{%- endif %}
