{#- Who owns what is built: PostgreSQL lets nobody but the owner, and members of a role that is the owner, replace a
    view. So what somebody builds is handed to the owner of the schemas, whose members may all build. -#}

{#- Hands over what belongs to the user, of one model or seed or of all, where one role owns all schemas of this
    project and may read the events. With each model: a view that is the role's may read what was just made. -#}
{% macro hand_over(relation=none) %}
    {%- if execute and flags.WHICH in ('run', 'build', 'seed') -%}
        {{- return(adapter.dispatch('hand_over', 'event_analytics')(relation)) -}}
    {%- endif -%}
{% endmacro %}

{#- A file has no owners. -#}
{% macro default__hand_over(relation) -%}
{%- endmacro %}


{#- Before a build: stops with one sentence where something belongs to somebody else, before
    every model says so in its own way. -#}
{% macro require_ownership() %}
    {%- if execute and flags.WHICH in ('run', 'build', 'seed') -%}
        {{- return(adapter.dispatch('require_ownership', 'event_analytics')()) -}}
    {%- endif -%}
{% endmacro %}

{% macro default__require_ownership() -%}
{%- endmacro %}


{#- Schema and name of all that builds make, but for what is kept. -#}
{% macro built_names() %}
    {%- set names = [] -%}
    {%- for node in event_analytics.project_models() + event_analytics.project_nodes('seed') -%}
        {%- do names.append((node.schema, node.alias)) -%}
    {%- endfor -%}
    {%- set beside = event_analytics.model_relation('int_arrivals') -%}
    {%- for table in ('kept_deliveries', 'current_build', 'kept_removals', 'current_removals', 'kept_persons') -%}
        {%- do names.append((beside.schema, table)) -%}
    {%- endfor -%}
    {{- return(names) -}}
{% endmacro %}
