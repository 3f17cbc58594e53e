{% macro duckdb__known_timezones() -%}
    pg_timezone_names()
{%- endmacro %}


{% macro duckdb__how_to_update_zones() -%}
    update DuckDB (pip install -U duckdb)
{%- endmacro %}


{#- A DuckDB file is a database of its own name, or of the one that a reader attaches it by. A view that does not
    say which reads its own. Where a database is called like the schema, the name would mean either of them. -#}
{% macro duckdb__portable(relation) %}
    {%- set databases = [target.database | lower] -%}
    {%- for attached in adapter.config.credentials.attach or [] -%}
        {%- set file_name = (attached.path | string).split('/') | last -%}
        {%- do databases.append((attached.alias or file_name.lstrip('.').split('.')[0]) | lower) -%}
    {%- endfor -%}
    {%- if relation.database != target.database or (relation.schema or '') | lower in databases -%}
        {{- return(relation) -}}
    {%- endif -%}
    {{- return(relation.include(database=false)) -}}
{% endmacro %}
