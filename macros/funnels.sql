{#- Funnels: the models of attempts hold one pass for each step, and no more than the definitions ask for,
    as every pass costs each reader time. So they are made for what the seeds say when they are built. -#}

{#- The passes that funnels of one order need, one for each step that such a funnel has:
    step: its number;
    any_event: where the step may be any event, `whenever` or `on a day` or both, as a list;
    on_day: whether some funnel asks for a day there.
    Without a database to ask, as in unit tests, as many passes as the variable max_funnel_steps allows;
    any_event is none there, which is to say that any event is sought as a certain one.
    funnel_steps is int_funnel_steps. -#}
{% macro funnel_passes(funnel_steps, step_order) %}
    {%- set most_steps = event_analytics.whole_number('max_funnel_steps', 1) -%}
    {%- set passes = [] -%}
    {#- a unit test gives the steps as a part of the query, which nothing outside of it can read -#}
    {%- if not execute or not flags.INTROSPECT or funnel_steps.is_cte or load_relation(funnel_steps) is none -%}
        {%- for step in range(1, most_steps + 1) -%}
            {%- do passes.append({'step': step, 'any_event': none, 'on_day': true}) -%}
        {%- endfor -%}
        {{- return(passes) -}}
    {%- endif -%}
    {%- set query -%}
        select
            step,
            count(case when event = '*' and on_day is null then 1 end) as any_events_whenever,
            count(case when event = '*' then on_day end) as any_events_on_a_day,
            count(on_day) as steps_on_a_day
        from {{ funnel_steps }}
        where step_order = '{{ step_order }}' and step <= {{ most_steps }}
        group by step
        order by step
    {%- endset -%}
    {%- for row in run_query(query).rows -%}
        {%- set any_event = (['whenever'] if row[1] else []) + (['on a day'] if row[2] else []) -%}
        {%- do passes.append({'step': row[0] | int, 'any_event': any_event, 'on_day': row[3] > 0}) -%}
    {%- endfor -%}
    {{- return(passes) -}}
{% endmacro %}


{#- A condition on rows of int_funnel_steps that holds for none: the database stops with a message where a
    step asks for what no pass does, as it may after a `dbt seed` alone. -#}
{% macro is_beyond_passes(passes, step_order) -%}
    {%- set known = [] -%}
    {%- for pass in passes -%}
        {%- set conditions = ['step = ' ~ pass.step] -%}
        {%- if not pass.on_day -%}
            {%- do conditions.append('on_day is null') -%}
        {%- endif -%}
        {%- if pass.any_event is not none and 'whenever' not in pass.any_event -%}
            {%- do conditions.append("(event <> '*' or on_day is not null)") -%}
        {%- endif -%}
        {%- if pass.any_event is not none and 'on a day' not in pass.any_event -%}
            {%- do conditions.append("(event <> '*' or on_day is null)") -%}
        {%- endif -%}
        {%- do known.append('(' ~ conditions | join(' and ') ~ ')') -%}
    {%- endfor -%}
    case
        when
            step_order = '{{ step_order }}'
            and not coalesce({{ known | join(' or ') or 'false' }}, false)
            -- no integer, so the database stops and shows the text
            then cast(
                concat(
                    'seeds/funnel_steps.csv: the steps of row ''', funnel,
                    ''' have changed since the views were built; run dbt build'
                ) as integer
            ) is null
        else false
    end
{%- endmacro %}
