{#- One pass per step. Each pass reads the attempts that stand at the step before and the events
    that match the step, and sorts them once: linear in events, whatever the number of steps. -#}
{% set passes = ordered_funnel_passes(
    ref('int_funnel_steps'),
    ref('int_funnel_untied_steps') if can_be_asked(ref('int_funnel_steps')) else none
) -%}
{% set any_event_is_sought_apart = passes | selectattr('any_event') | list | length > 0 -%}
{% set some_steps_are_untied = passes | selectattr('untied') | list | length > 0 -%}
{% set some_steps_are_tied = passes | selectattr('tied') | list | length > 0 -%}
{% set conditions = [] -%}
{% for pass in passes %}{% do conditions.append(is_step_of_pass(pass)) %}{% endfor -%}
{% if not execute -%}
-- depends_on: {{ ref('int_due_events') }}
-- depends_on: {{ ref('int_funnel_untied_steps') }}
{% endif -%}
with ordered_steps as (

    select *
    from {{ ref('int_funnel_steps') }}
    where step_order = 'ordered'

),

funnel_steps as (

    select
        steps.funnel,
        steps.step_order,
        steps.window_seconds,
        steps.step,
        steps.event,
        steps.on_day,
        {% if some_steps_are_untied -%}
        untied_steps.events_needed
        {%- else -%}
        cast(null as integer) as events_needed
        {%- endif %}
    from ordered_steps as steps
    {% if some_steps_are_untied -%}
    left join {{ ref('int_funnel_untied_steps') }} as untied_steps
        on
            steps.funnel = untied_steps.funnel
            and steps.step = untied_steps.step
    {%- endif %}

),

{% if passes -%}
-- Steps that any event fills are sought among all events by the pass itself: it keeps few of them.
step_events as (

    select
        funnel,
        step,
        user_id,
        occurred_at,
        event_date
    from {{ ref('int_funnel_step_events') }}
    {% if any_event_is_sought_apart -%}
    where reference <> '*'
    {%- endif %}

),

{% if some_steps_are_tied -%}
ties as (

    select * from {{ ref('int_funnel_ties') }}

),

{% endif -%}
-- Any first step may start an attempt. base_step is the last step that was filled before the
-- instant of reached_at, so the steps after it were all filled at that instant.
starts as (

    select
        funnel,
        user_id,
        occurred_at as started_at,
        event_date as started_on
    from step_events
    where
        step = 1
        and funnel in (select funnel_steps.funnel from funnel_steps)
    {% if passes[0].any_event -%}
    union all
    select
        funnel_steps.funnel,
        events.user_id,
        events.occurred_at as started_at,
        events.event_date as started_on
    from {{ ref('int_due_events') }} as events
    inner join funnel_steps
        on funnel_steps.step = 1 and funnel_steps.event = '*'
    where events.is_of_due_funnel_user
    {%- endif %}

),

attempts_1 as (

    select
        funnel,
        user_id,
        started_at,
        min(started_on) as started_on,
        0 as base_step,
        started_at as reached_at
    from starts
    group by
        user_id,
        started_at,
        funnel

),

{% for pass in passes[1:] -%}
{% set step = pass.step -%}
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
        1 as is_attempt
    from attempts_{{ previous }} as attempts
    inner join funnel_steps
        on
            attempts.funnel = funnel_steps.funnel
            and funnel_steps.step = {{ step }}

),

{% if pass.tied -%}
ties_{{ step }} as (

    select
        funnel,
        user_id,
        occurred_at,
        base_step
    from ties
    where step = {{ step }}

),

seekers_{{ step }} as (

    select
        attempts.funnel,
        attempts.user_id,
        attempts.started_at,
        attempts.started_on,
        attempts.base_step,
        attempts.reached_at,
        attempts.required_date,
        attempts.deadline,
        tied_instants.user_id is not null
        and coalesce(
            attempts.required_date = {{ local_date('attempts.reached_at') }}, true
        ) as continues_at_once
    from standing_{{ step }} as attempts
    {{ hashed_left_join() }} ties_{{ step }} as tied_instants
        on
            attempts.funnel = tied_instants.funnel
            and attempts.user_id = tied_instants.user_id
            and attempts.reached_at = tied_instants.occurred_at
            and attempts.base_step = tied_instants.base_step
    where coalesce(attempts.is_attempt = 1, false)
    {{ end_of_hashed_join() }}

),

{% else -%}
seekers_{{ step }} as (

    select
        *,
        false as continues_at_once
    from standing_{{ step }}

),

{% endif -%}
-- From when to when attempts of a user look for the step. The date that on_day asks for is a part
-- of the key; where none is asked for, a date that no event has stands in, as null equals nothing.
spans_{{ step }} as (

    select
        funnel,
        user_id,
        coalesce(required_date, cast('0001-01-01' as date)) as date_key,
        min(reached_at) as first_sought_at,
        max(reached_at) as last_sought_at
    from standing_{{ step }}
    group by
        funnel,
        user_id,
        coalesce(required_date, cast('0001-01-01' as date))

),

{% set sources = ['step'] -%}
candidates_{{ step }} as (

    select
        step_events.funnel,
        step_events.user_id,
        step_events.occurred_at,
        case when funnel_steps.on_day is not null then step_events.event_date end as required_date,
        case
            when funnel_steps.on_day is not null then step_events.event_date
            else cast('0001-01-01' as date)
        end as date_key,
        funnel_steps.events_needed
    from step_events
    inner join funnel_steps
        on
            step_events.funnel = funnel_steps.funnel
            and funnel_steps.step = {{ step }}
    where step_events.step = {{ step }}

),

spanned_step_events_{{ step }} as (

    select
        candidates.funnel,
        candidates.user_id,
        candidates.required_date,
        candidates.occurred_at,
        spans.last_sought_at,
        candidates.events_needed
    from candidates_{{ step }} as candidates
    {{ hashed_join() }} spans_{{ step }} as spans
        on
            candidates.funnel = spans.funnel
            and candidates.user_id = spans.user_id
            and candidates.date_key = spans.date_key
    where coalesce(candidates.occurred_at >= spans.first_sought_at, false)
    {{ end_of_hashed_join() }}

),

{% for when in pass.any_event or [] -%}
{% set is_dated = when == 'on a day' -%}
{% set source = 'dated' if is_dated else 'any' -%}
{% do sources.append(source) -%}
spans_of_{{ source }}_events_{{ step }} as (

    select
        spans.funnel,
        spans.user_id,
        spans.date_key,
        spans.first_sought_at,
        spans.last_sought_at,
        funnel_steps.events_needed
    from spans_{{ step }} as spans
    inner join funnel_steps
        on spans.funnel = funnel_steps.funnel
    where
        funnel_steps.step = {{ step }}
        and funnel_steps.event = '*'
        and funnel_steps.on_day is {{ 'not ' if is_dated }}null

),

spanned_{{ source }}_events_{{ step }} as (

    select
        spans.funnel,
        events.user_id,
        {{ 'events.event_date' if is_dated else 'cast(null as date)' }} as required_date,
        events.occurred_at,
        spans.last_sought_at,
        spans.events_needed
    from {{ ref('int_due_events') }} as events
    {{ hashed_join() }} spans_of_{{ source }}_events_{{ step }} as spans
        on
            events.user_id = spans.user_id
            {%- if is_dated %}
            and events.event_date = spans.date_key
            {%- endif %}
    where
        coalesce(events.occurred_at >= spans.first_sought_at, false)
        and coalesce(events.is_of_due_funnel_user, false)
    {{ end_of_hashed_join() }}

),

{% endfor -%}
spanned_{{ step }} as (

    {% for source in sources -%}
    select * from spanned_{{ source }}_events_{{ step }}
    {% if not loop.last -%}
    union all
    {% endif -%}
    {% endfor %}
),

-- After the last attempt only the next event can be found, so that most need not be sorted.
within_{{ step }} as (

    select
        funnel,
        user_id,
        required_date,
        min(occurred_at) as occurred_at,
        coalesce(count(*) >= min(events_needed), false) as fills_at_once
    from spanned_{{ step }}
    group by
        user_id,
        funnel,
        required_date,
        case when occurred_at <= last_sought_at then occurred_at end

),

-- A candidate comes before the attempts at its instant (0 and 1, backwards in time) if it can fill
-- the step at once, and after them (2) if int_funnel_ties has to say so.
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
        1 as row_kind
    from seekers_{{ step }}
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
        case when fills_at_once then 0 else 2 end as row_kind
    from within_{{ step }}

),

-- Backwards in time, so that the frame only ever grows (a shrinking one is quadratic in
-- PostgreSQL). By user first, which tells more rows apart than the funnel.
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
        min(case when row_kind <> 1 then occurred_at end) over (
            partition by user_id, funnel, required_date
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
        case
            when continues_at_once or reached_at = next_at then base_step
            else {{ previous }}
        end as base_step,
        case when continues_at_once then reached_at else next_at end as reached_at
    from sought_{{ step }}
    where row_kind = 1

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
{% endif -%}
outdated as (

    {{ no_attempts_of_other_steps('ordered', conditions) }}

),

unioned as (

    select * from outdated
    {% for pass in passes -%}
    union all
    select
        funnel,
        user_id,
        started_at,
        started_on,
        {{ pass.step }} as step,
        reached_at
    from attempts_{{ pass.step }}
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
