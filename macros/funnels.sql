{#- Funnels: the models of attempts hold one pass for each step, and no more than the definitions ask for,
    as every pass costs each reader time. So they are made for what the seeds say when they are built. -#}

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


{#- The passes that ordered funnels need, one for each step that one of them has:
    step: its number;
    any_event: where the step may be any event, `whenever` or `on a day` or both, as a list;
    tied, untied: whether some step there is none of int_funnel_untied_steps, and whether some is.
    Where nobody can be asked, each can do everything in the one way that fits all definitions, in which
    any event is sought like a certain one: any_event is none.
    funnel_steps is int_funnel_steps, untied_steps int_funnel_untied_steps, or none. -#}
{% macro ordered_funnel_passes(funnel_steps, untied_steps) %}
    {%- set passes = [] -%}
    {%- set steps = event_analytics.funnel_passes(funnel_steps, 'ordered') -%}
    {%- if untied_steps is none or not event_analytics.can_be_asked(untied_steps) -%}
        {%- for step in steps -%}
            {%- do passes.append({'step': step, 'any_event': none, 'tied': true, 'untied': false}) -%}
        {%- endfor -%}
        {{- return(passes) -}}
    {%- endif -%}
    {%- set query -%}
        select
            steps.step,
            count(case when steps.event = '*' and steps.on_day is null then 1 end) as any_event_whenever,
            count(case when steps.event = '*' then steps.on_day end) as any_event_on_a_day,
            count(*) - count(untied_steps.step) as tied,
            count(untied_steps.step) as untied
        from {{ funnel_steps }} as steps
        left join {{ untied_steps }} as untied_steps
            on
                steps.funnel = untied_steps.funnel
                and steps.step = untied_steps.step
        where steps.step_order = 'ordered'
        group by steps.step
        order by steps.step
    {%- endset -%}
    {%- for row in run_query(query).rows if row[0] in steps -%}
        {%- do passes.append({
            'step': row[0] | int,
            'any_event': (['whenever'] if row[1] > 0 else []) + (['on a day'] if row[2] > 0 else []),
            'tied': row[3] > 0,
            'untied': row[4] > 0,
        }) -%}
    {%- endfor -%}
    {{- return(passes) -}}
{% endmacro %}


{#- A select of attempts that has no row: where a step in funnel_steps, of that order, meets none of the
    conditions, the database stops with a message. Until a build follows on a `dbt seed`, views may so have
    passes for other definitions than those that are there, but do not answer for these. -#}
{% macro no_attempts_of_other_steps(step_order, conditions) -%}
    select
        funnel,
        cast(null as {{ dbt.type_string() }}) as user_id,
        cast(null as timestamp with time zone) as started_at,
        cast(null as date) as started_on,
        step,
        cast(null as timestamp with time zone) as reached_at
    from funnel_steps
    where
        case
            when
                step_order = '{{ step_order }}'
                and not coalesce(
                    {{ conditions | join('\n                    or ') or 'false' }},
                    false
                )
                then {{ event_analytics.stop_reading('funnel_steps', 'funnel') }}
            else false
        end
{%- endmacro %}


{#- Of which steps a pass takes care, as a condition on rows of int_funnel_steps with events_needed. -#}
{% macro is_step_of_pass(pass) %}
    {%- set conditions = ['step = ' ~ pass.step] -%}
    {%- if pass.any_event is not none -%}
        {%- if 'whenever' not in pass.any_event -%}
            {%- do conditions.append("(event <> '*' or on_day is not null)") -%}
        {%- endif -%}
        {%- if 'on a day' not in pass.any_event -%}
            {%- do conditions.append("(event <> '*' or on_day is null)") -%}
        {%- endif -%}
    {%- endif -%}
    {%- if not pass.tied -%}
        {%- do conditions.append('events_needed is not null') -%}
    {%- endif -%}
    {{- return('(' ~ conditions | join(' and ') ~ ')') -}}
{% endmacro %}


{#- A select of all rows of a relation with a reference, once for each name of events that it takes. -#}
{% macro with_event_names(references) -%}
    select
        {{ references }}.*,
        coalesce(actions.event_name, {{ references }}.reference) as event_name
    from {{ references }}
    left join {{ ref('int_actions') }} as actions
        on {{ references }}.reference = actions.action
{%- endmacro %}


{#- Whether an event may be one of both: each relation has a reference
    and an event_name. -#}
{% macro may_share_events(one, other) -%}
    (
        {{ one }}.event_name = {{ other }}.event_name
        or {{ one }}.reference in ('*', '$signup')
        or {{ other }}.reference in ('*', '$signup')
    )
{%- endmacro %}
