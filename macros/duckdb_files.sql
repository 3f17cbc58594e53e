{#- DuckDB calls the database in a file after it. dbt puts that name between quotes as it is, and takes the path
    for a URL; so not every name is one that both can use. The loader says the same (loader/names.py). -#}
{% macro generate_database_name(custom_database_name=none, node=none) %}
    {%- if target.type == 'duckdb' and target.path != ':memory:' and '://' not in target.path -%}
        {%- set name = (target.path.split('/') | last).lstrip('.').split('.')[0] -%}
        {%- if
            modules.re.search('["\x27#:;?\x00-\x1f]', name)
            or name | lower in (
                '', 'information_schema', 'loader_staging', 'main', 'pg_catalog', 'system', 'temp'
            )
        -%}
            {{- exceptions.raise_compiler_error(
                "Target '" ~ target.name ~ "' has the path '" ~ target.path ~ "': DuckDB calls the database "
                ~ "after the file, and '" ~ name ~ "' is no name that it and dbt both can use. Rename the "
                ~ "file, such as to events.duckdb."
            ) -}}
        {%- endif -%}
    {%- endif -%}
    {{- return(dbt.generate_database_name(custom_database_name, node)) -}}
{% endmacro %}
