{#- What a session of dbt needs of the database. Styles of dates, intervals and numbers do not matter: nothing in
    this project depends on them, nor on the session's time zone. -#}

{#- Before hooks: turns into the role of the target once more, which dbt's first rollback takes back. -#}
{% macro act_as_role() %}
    {%- if execute -%}
        {{- return(adapter.dispatch('act_as_role', 'event_analytics')()) -}}
    {%- endif -%}
{% endmacro %}

{#- A file has no roles. -#}
{% macro default__act_as_role() -%}
{%- endmacro %}


{#- Stops a run with one sentence where not every text can be sent to the database, or held by it. -#}
{% macro require_any_text() %}
    {%- if execute and flags.WHICH in ('run', 'build', 'seed', 'test') -%}
        {{- return(adapter.dispatch('require_any_text', 'event_analytics')()) -}}
    {%- endif -%}
{% endmacro %}

{#- A file holds every text. -#}
{% macro default__require_any_text() -%}
{%- endmacro %}
