{#- Funnels: the models of attempts hold one pass for each step, and no more than the definitions ask for,
    as every pass costs each reader time. So they are made for what the seeds say when they are built. -#}

{#- The passes that funnels of one order need: for each step that such a funnel has, its number (step),
    whether one asks for any event there (any_event) and whether one asks for a day (on_day). Without
    a database to ask, as in unit tests, all that the variable max_funnel_steps allows.
    funnel_steps is int_funnel_steps. -#}
{% macro funnel_passes(funnel_steps, step_order) %}
    {%- set most_steps = event_analytics.whole_number('max_funnel_steps', 1) -%}
    {%- set passes = [] -%}
    {#- a unit test gives the steps as a part of the query, which nothing outside of it can read -#}
    {%- if not execute or not flags.INTROSPECT or funnel_steps.is_cte or load_relation(funnel_steps) is none -%}
        {%- for step in range(1, most_steps + 1) -%}
            {%- do passes.append({'step': step, 'any_event': true, 'on_day': true}) -%}
        {%- endfor -%}
        {{- return(passes) -}}
    {%- endif -%}
    {%- set query -%}
        select
            step,
            count(case when event = '*' then 1 end) as steps_of_any_event,
            count(on_day) as steps_on_a_day
        from {{ funnel_steps }}
        where step_order = '{{ step_order }}' and step <= {{ most_steps }}
        group by step
        order by step
    {%- endset -%}
    {%- for row in run_query(query).rows -%}
        {%- do passes.append({'step': row[0] | int, 'any_event': row[1] > 0, 'on_day': row[2] > 0}) -%}
    {%- endfor -%}
    {{- return(passes) -}}
{% endmacro %}


{#- A condition on rows of int_funnel_steps that holds for none: the database stops with a message where a
    step asks for what no pass does, as it may after a `dbt seed` alone. -#}
{% macro is_beyond_passes(passes, step_order) -%}
    {%- set known = [] -%}
    {%- for pass in passes -%}
        {%- do known.append(
            '(step = ' ~ pass.step
            ~ (" and event <> '*'" if not pass.any_event else '')
            ~ (' and on_day is null' if not pass.on_day else '') ~ ')'
        ) -%}
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
