{#- As dbt writes it, without quotes. -#}
{% macro postgres__act_as_role() -%}
    {%- if target.role -%}
        set role {{ target.role }}
    {%- endif -%}
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
