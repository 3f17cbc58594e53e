{#- What this project calls by its name is its own, even where the project that uses it as a package has
    something of the same name, which dbt would take first (docs/package.md). -#}

{#- In place of dbt's ref(), for all that is in this project. Of the other project are the events' model and
    the definitions that it puts in place of ours. Every model calls it, so that none is built where a command
    was refused at its start. -#}
{% macro ref() %}
    {%- set is_ours = model.package_name == 'event_analytics' -%}
    {%- if varargs | length != 1 or not is_ours -%}
        {{- return(builtins.ref(*varargs, **kwargs)) -}}
    {%- endif -%}
    {%- do event_analytics.stop_if_refused() -%}
    {%- set name = varargs[0] -%}
    {%- set is_theirs = name == var('events_model') or event_analytics.is_disabled_seed(name) -%}
    {{- return(event_analytics.as_read(
        builtins.ref(project_name if is_theirs else 'event_analytics', name, **kwargs)
    )) -}}
{% endmacro %}


{#- A relation as our queries read it. --empty and --sample are for what computes when it is built: a view does
    not, and made of no events, or some, it would show these to all who read it until the next build. So a
    model is made as ever, and what is kept is left as it is (kept/materializations.sql); tests read no row. -#}
{% macro as_read(relation) %}
    {%- if model.resource_type == 'test' and relation.limit is not none -%}
        {{- return(event_analytics.without_rows(relation)) -}}
    {%- endif -%}
    {{- return(event_analytics.portable(relation.replace(limit=none, event_time_filter=none))) -}}
{% endmacro %}


{#- Whether the project that dbt runs in disables a seed of ours, in its dbt_project.yml. -#}
{% macro is_disabled_seed(name) %}
    {%- set ours = adapter.config.seeds.get('event_analytics') or {} -%}
    {%- set enabled = namespace(value=true) -%}
    {%- for level in (adapter.config.seeds, ours, ours.get(name) or {}) -%}
        {%- set enabled.value = level.get('+enabled', level.get('enabled', enabled.value)) -%}
    {%- endfor -%}
    {{- return(project_name != 'event_analytics' and not enabled.value) -}}
{% endmacro %}


{#- The model that a generic test of ours is about. While it reads the project dbt resolves that with those
    macros alone that the test calls, at first or second hand: so each calls this, and this calls ref(). -#}
{% macro tested(model) %}
    {%- if false -%}
        {%- do event_analytics.ref() -%}
    {%- endif -%}
    {#- a text where the test has a `where` -#}
    {{- return(model if model is string else event_analytics.as_read(model)) -}}
{% endmacro %}
