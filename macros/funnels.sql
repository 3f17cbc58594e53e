{#- Funnels: the models of attempts hold one pass for each step, and no more than the definitions ask for,
    as every pass costs each reader time. So they are made for what the seeds say when they are built. -#}

{#- Whether a query can be asked of a model while another one is compiled: not while dbt reads the project,
    not before it is built, and not in a unit test, which has it as a part of its own query. -#}
{% macro can_be_asked(relation) %}
    {{- return(
        execute and flags.INTROSPECT and not relation.is_cte and load_relation(relation) is not none
    ) -}}
{% endmacro %}


{#- The passes that funnels of one order need, one for each step that such a funnel has:
    step: its number;
    on_day: whether some funnel asks for a day there;
    any_event: where the step may be any event, `whenever` or `on a day` or both, as a list;
    tied, untied: whether some step there is none of int_funnel_untied_steps, and whether some is.
    Without a database to ask, as in unit tests, as many passes as the variable max_funnel_steps allows,
    each of which can do everything in the one way that fits all definitions (any_event is none).
    funnel_steps is int_funnel_steps; untied_steps, for ordered funnels, int_funnel_untied_steps. -#}
{% macro funnel_passes(funnel_steps, step_order, untied_steps=none) %}
    {%- set most_steps = event_analytics.whole_number('max_funnel_steps', 1) -%}
    {%- set passes = [] -%}
    {%- if not (
        event_analytics.can_be_asked(funnel_steps)
        and (untied_steps is none or event_analytics.can_be_asked(untied_steps))
    ) -%}
        {%- for step in range(1, most_steps + 1) -%}
            {%- do passes.append(
                {'step': step, 'on_day': true, 'any_event': none, 'tied': true, 'untied': false}
            ) -%}
        {%- endfor -%}
        {{- return(passes) -}}
    {%- endif -%}
    {%- set query -%}
        select
            steps.step,
            count(steps.on_day) as on_a_day,
            count(case when steps.event = '*' and steps.on_day is null then 1 end) as any_event_whenever,
            count(case when steps.event = '*' then steps.on_day end) as any_event_on_a_day,
            {%- if untied_steps %}
            count(untied_steps.step) as untied,
            count(*) - count(untied_steps.step) as tied
            {%- else %}
            0 as untied,
            count(*) as tied
            {%- endif %}
        from {{ funnel_steps }} as steps
        {%- if untied_steps %}
        left join {{ untied_steps }} as untied_steps
            on
                steps.funnel = untied_steps.funnel
                and steps.step = untied_steps.step
        {%- endif %}
        where
            steps.step_order = '{{ step_order }}'
            and steps.step <= {{ most_steps }}
        group by steps.step
        order by steps.step
    {%- endset -%}
    {%- for row in run_query(query).rows -%}
        {%- do passes.append({
            'step': row[0] | int,
            'on_day': row[1] > 0,
            'any_event': (['whenever'] if row[2] > 0 else []) + (['on a day'] if row[3] > 0 else []),
            'untied': row[4] > 0,
            'tied': row[5] > 0,
        }) -%}
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
        {%- if not pass.tied -%}
            {%- do conditions.append('events_needed is not null') -%}
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


{#- Whether an event may be one of both: each relation has a reference, and an event_name that it takes. -#}
{% macro may_share_events(one, other) -%}
    (
        {{ one }}.event_name = {{ other }}.event_name
        or {{ one }}.reference in ('*', '$signup')
        or {{ other }}.reference in ('*', '$signup')
    )
{%- endmacro %}
