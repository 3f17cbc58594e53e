{#- Funnels: ordered ones take one pass for each step, and no more than the definitions ask for, as every
    pass costs each reader time. So the models of attempts are made for what the seeds say when they are built. -#}

{#- The steps that some funnel of an order has, in order: those up to max_funnel_steps where nobody can be
    asked. funnel_steps is int_funnel_steps. -#}
{% macro funnel_passes(funnel_steps, step_order) %}
    {%- set most_steps = event_analytics.whole_number('max_funnel_steps', 1) -%}
    {%- if not event_analytics.can_be_asked(funnel_steps) -%}
        {{- return(range(1, most_steps + 1) | list) -}}
    {%- endif -%}
    {%- set query -%}
        select distinct step
        from {{ funnel_steps }}
        where
            step_order = '{{ step_order }}'
            and step <= {{ most_steps }}
        order by step
    {%- endset -%}
    {{- return(run_query(query).columns[0].values() | map('int') | list) -}}
{% endmacro %}


{#- Whether any event fills a step of an ordered funnel; true where nobody can be asked. -#}
{% macro any_event_fills_ordered_steps(funnel_steps) %}
    {%- if not event_analytics.can_be_asked(funnel_steps) -%}
        {{- return(true) -}}
    {%- endif -%}
    {%- set query -%}
        select 1
        from {{ funnel_steps }}
        where
            step_order = 'ordered'
            and event = '*'
        limit 1
    {%- endset -%}
    {{- return(run_query(query).rows | length > 0) -}}
{% endmacro %}


{#- The whole query of int_funnel_attempts, where a database has better means than joins and windows; else none. -#}
{% macro native_ordered_attempts(steps) %}
    {{- return(adapter.dispatch('native_ordered_attempts', 'event_analytics')(steps)) -}}
{% endmacro %}

{% macro default__native_ordered_attempts(steps) %}
    {{- return(none) -}}
{% endmacro %}


{#- A select of columns of a fact of events: of users of whom something arrived, those since when an attempt of theirs
    can change; of all users where all of it is computed anew. -#}
{% macro since_attempts_can_change(fact, columns) -%}
    {%- do event_analytics.may_read(['int_touched_funnel_users']) -%}
    select
        {%- for column in columns %}
        events.{{ column }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref(fact) }} as events
    {%- if event_analytics.refreshing() %}
    inner join {{ ref('int_touched_funnel_users') }} as touched_users
        on
            events.user_id = touched_users.user_id
            and events.occurred_at >= touched_users.due_since
    {%- endif %}
{%- endmacro %}


{#- A select of attempts that has no row: where a step in funnel_steps, of that order, lies beyond the
    passes that there are, the database stops with a message. Until a build follows on a `dbt seed`, views may
    so have passes for other definitions than those that are there, but do not answer for these. -#}
{% macro no_attempts_of_other_steps(step_order, passes) -%}
    select
        funnel_number,
        cast(null as {{ dbt.type_string() }}) as user_id,
        cast(null as {{ event_analytics.type_instant() }}) as started_at,
        cast(null as {{ event_analytics.type_date() }}) as started_on,
        step,
        cast(null as {{ event_analytics.type_instant() }}) as reached_at
    from funnel_steps
    where
        case
            when step_order = '{{ step_order }}' and step > {{ passes }}
                then {{ event_analytics.stop_reading('funnel_steps', 'funnel') }}
            else false
        end
{%- endmacro %}


{#- A select of all events of users that lie within the spans of a step which any event fills: spans has
    funnel_number, user_id, event, required_date, first_sought_at and last_sought_at. is_dated: whether these are the
    spans with a required_date, or those without; where there are none, no event is read. -#}
{% macro any_events_within(spans, is_dated) -%}
    {%- set these = "event = '*' and required_date is " ~ ('not ' if is_dated else '') ~ 'null' -%}
    select
        spans.funnel_number as funnel_number,
        events.user_id as user_id,
        spans.required_date as required_date,
        events.occurred_at as occurred_at,
        spans.last_sought_at as last_sought_at
    from (
        select
            user_id,
            occurred_at,
            event_date
        from {{ ref('int_funnel_events') }}
        where exists (select 1 from {{ spans }} as any_spans where {{ these }})
    ) as events
    {{ event_analytics.hashed_join() }} (select * from {{ spans }} where {{ these }}) as spans
        on
            events.user_id = spans.user_id
            {%- if is_dated %}
            and events.event_date = spans.required_date
            {%- endif %}
    where coalesce(events.occurred_at >= spans.first_sought_at, false)
    {{ event_analytics.end_of_hashed_join() }}
{%- endmacro %}
