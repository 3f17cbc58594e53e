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

{#- As dbt writes it, without quotes. -#}
{% macro postgres__act_as_role() -%}
    {%- if target.role -%}
        set role {{ target.role }}
    {%- endif -%}
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

{#- dbt and its driver have settled on an encoding by now, so it cannot be changed here. -#}
{% macro postgres__require_any_text() -%}
    {%- set found = run_query(
        "select current_setting('client_encoding') as client, current_setting('server_encoding') as server"
    ).rows[0] -%}
    {%- if found['server'] != 'UTF8' and project_name == 'event_analytics' -%}
        {{- exceptions.raise_compiler_error(
            "The database of target '" ~ target.name ~ "' has the encoding " ~ found['server'] ~ ", which cannot "
            ~ "hold every text; name one that was created with the encoding UTF8."
        ) -}}
    {%- elif found['server'] == 'UTF8' and found['client'] != 'UTF8' -%}
        {{- exceptions.raise_compiler_error(
            "The client_encoding of user or database is " ~ found['client'] ~ ", in which not every text can be "
            ~ "sent; run dbt with the environment variable PGCLIENTENCODING=UTF8, or take that setting away."
        ) -}}
    {%- endif -%}
{%- endmacro %}
