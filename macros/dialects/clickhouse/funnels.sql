{#- Ordered funnels on ClickHouse: a row for each user and funnel, with arrays of what can fill its steps and of the
    attempts that stand at a step. Each pass sorts the two together once, as in int_funnel_attempts, and each is read
    once, since ClickHouse computes a step of a query for everyone who reads it. -#}
{% macro clickhouse__native_ordered_attempts(steps) -%}
    {%- set any_events = event_analytics.any_event_fills_ordered_steps(ref('int_funnel_steps')) -%}
with funnel_steps as (

    select *
    from {{ ref('int_funnel_steps') }}
    where step_order = 'ordered'

),

-- step by step: days after the first step, -1 for any, and whether any event fills it
funnels as (

    select
        funnel_number,
        max(window_seconds) * 1000000 as window_microseconds,
        arrayMap(one -> one.2, arraySort(groupArray((step, coalesce(on_day, -1))))) as on_days,
        arrayMap(one -> one.2, arraySort(groupArray((step, event = '*')))) as any_events
    from funnel_steps
    group by funnel_number

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

step_events as (

    select
        step_events.funnel_number as funnel_number,
        step_events.user_id as user_id,
        step_events.step as step,
        step_events.occurred_at as occurred_at,
        step_events.event_date as event_date,
        steps.shares_events as shares_events
    from {{ ref('int_funnel_step_events') }} as step_events
    inner join funnel_steps as steps
        on
            step_events.funnel_number = steps.funnel_number
            and step_events.step = steps.step
    where
        step_events.step_order = 'ordered'
        and step_events.reference <> '*'

),

-- by the last step that has to be filled before the instant, for whoever stands there
based_events as (

    select
        step_events.user_id as user_id,
        step_events.funnel_number as funnel_number,
        step_events.step as step,
        toUnixTimestamp64Micro(step_events.occurred_at) as at,
        if(step_events.shares_events, coalesce(ties.base_step, step_events.step - 1), 0) as base_step,
        toInt32(step_events.event_date) as day
    from step_events
    left join ties
        on
            step_events.funnel_number = ties.funnel_number
            and step_events.step = ties.step
            and step_events.user_id = ties.user_id
            and step_events.occurred_at = ties.occurred_at

),

collected as (

    select
        user_id,
        funnel_number,
        groupArray(
            (toInt32(step), toInt64(at), toInt32(base_step), toInt32(day))
        ) as step_events
    from based_events
    group by
        user_id,
        funnel_number

),

{% if any_events -%}
user_instants as (

    select
        user_id,
        groupArray((toInt64(at), toInt32(events), toInt32(day))) as instants
    from (
        select
            user_id,
            toUnixTimestamp64Micro(occurred_at) as at,
            count(*) as events,
            min(toInt32(event_date)) as day
        from {{ ref('int_funnel_events') }}
        group by
            user_id,
            at
    ) as counted
    group by user_id

),

entrants as (

    select
        user_id,
        funnel_number,
        groupArrayArray(step_events) as step_events
    from (
        select * from collected
        union all
        select
            user_instants.user_id as user_id,
            funnels.funnel_number as funnel_number,
            arrayFilter(
                one -> false, [(toInt32(0), toInt64(0), toInt32(0), toInt32(0))]
            ) as step_events
        from user_instants
        cross join funnels
        where funnels.any_events[1]
    ) as unioned
    group by
        user_id,
        funnel_number

),

described as (

    select
        entrants.user_id as user_id,
        entrants.funnel_number as funnel_number,
        entrants.step_events as step_events,
        if(
            has(funnels.any_events, true),
            user_instants.instants,
            arrayFilter(one -> false, user_instants.instants)
        ) as instants,
        funnels.window_microseconds as window_microseconds,
        funnels.on_days as on_days,
        funnels.any_events as any_events
    from entrants
    inner join funnels
        on entrants.funnel_number = funnels.funnel_number
    inner join user_instants
        on entrants.user_id = user_instants.user_id

),

{% else -%}
described as (

    select
        collected.user_id as user_id,
        collected.funnel_number as funnel_number,
        collected.step_events as step_events,
        funnels.window_microseconds as window_microseconds,
        funnels.on_days as on_days
    from collected
    inner join funnels
        on collected.funnel_number = funnels.funnel_number

),

{% endif -%}
-- An attempt: when it reached its step, the last step that it had filled before that instant, when
-- and on what day it began.
pass_1 as (

    select
        user_id,
        funnel_number,
        step_events,
        {{ 'instants,' if any_events }}
        window_microseconds,
        on_days,
        {{ 'any_events,' if any_events }}
        {% if any_events -%}
        if(
            any_events[1],
            arrayMap(one -> (one.1, toInt32(0), one.1, one.3), instants),
            {{ event_analytics.clickhouse_first_steps() }}
        )
        {%- else -%}
        {{ event_analytics.clickhouse_first_steps() }}
        {%- endif %} as attempts_1
    from described

),

{% for step in steps[1:] -%}
sorted_{{ step }} as (

    select
        *,
        arraySort(arrayConcat(
            arrayMap(
                one -> (
                    if(on_days[{{ step }}] < 0, 0, one.4 + on_days[{{ step }}]),
                    -one.1, one.2, toInt8(1), one.3, one.4
                ),
                attempts_{{ step - 1 }}
            ),
            {% if any_events -%}
            if(
                any_events[{{ step }}],
                arrayMap(
                    one -> (
                        if(on_days[{{ step }}] < 0, 0, one.3),
                        -one.1, toInt32({{ step }} - one.2), toInt8(0), toInt64(0), toInt32(0)
                    ),
                    instants
                ),
                {{ event_analytics.clickhouse_step_events(step) }}
            )
            {%- else -%}
            {{ event_analytics.clickhouse_step_events(step) }}
            {%- endif %}
        )) as sorted
    from pass_{{ step - 1 }}

),

pass_{{ step }} as (

    select
        user_id,
        funnel_number,
        step_events,
        {{ 'instants,' if any_events }}
        window_microseconds,
        on_days,
        {{ 'any_events,' if any_events }}
        {%- for before in range(1, step) %}
        attempts_{{ before }},
        {%- endfor %}
        arrayMap(
            found -> (
                -found.2.2,
                if(found.2.2 = found.1.2, found.1.3, toInt32({{ step - 1 }})),
                found.1.5,
                found.1.6
            ),
            arrayFilter(
                found ->
                    found.1.4 = 1
                    and found.2.4 = 0
                    and found.2.1 = found.1.1
                    and coalesce(-found.2.2 <= found.1.5 + window_microseconds, true),
                arrayZip(sorted, arrayFill(one -> one.4 = 0, sorted))
            )
        ) as attempts_{{ step }}
    from sorted_{{ step }}

),

{% endfor -%}
attempts as (

    select
        user_id,
        funnel_number,
        arrayJoin(arrayConcat(
            {%- for step in steps %}
            arrayMap(one -> (toInt32({{ step }}), one), attempts_{{ step }}){{ ',' if not loop.last }}
            {%- endfor %}
        )) as attempt
    from pass_{{ steps | last }}

),

outdated as (

    {{ event_analytics.no_attempts_of_other_steps('ordered', steps | length) }}

)

select
    funnel_number,
    user_id,
    fromUnixTimestamp64Micro(attempt.2.3, 'UTC') as started_at,
    toDate32(attempt.2.4) as started_on,
    attempt.1 as step,
    fromUnixTimestamp64Micro(attempt.2.1, 'UTC') as reached_at
from attempts
union all
select
    funnel_number,
    user_id,
    started_at,
    started_on,
    step,
    reached_at
from outdated
{%- endmacro %}


{#- Attempts that the events of the first step start. -#}
{% macro clickhouse_first_steps() -%}
arrayDistinct(arrayMap(
                one -> (one.2, toInt32(0), one.2, one.4),
                arrayFilter(one -> one.1 = 1, step_events)
            ))
{%- endmacro %}


{#- What fills a step, as an array to be sorted with attempts: backwards in time. -#}
{% macro clickhouse_step_events(step) -%}
arrayMap(
                    one -> (
                        if(on_days[{{ step }}] < 0, 0, one.4),
                        -one.2, one.3, toInt8(0), toInt64(0), toInt32(0)
                    ),
                    arrayFilter(one -> one.1 = {{ step }}, step_events)
                )
{%- endmacro %}
