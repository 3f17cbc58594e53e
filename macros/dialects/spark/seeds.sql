{#- Definitions on Spark, where a statement changes one table: each table is replaced by one statement, of which readers
    see all or nothing. Between two of them they may find new definitions beside old ones; views are over tables that
    the build makes after that. -#}

{% macro spark__run_together(statements) %}
    {%- for one in statements -%}
        {%- do run_query(one) -%}
    {%- endfor -%}
{% endmacro %}


{% macro spark__replace_rows(seed, read, table) -%}
    insert overwrite table {{ table }} ({{ read.columns | join(', ') }})
    {{ event_analytics.query_of_rows(seed, read) }}
{%- endmacro %}


{#- dbt makes the table of a seed by these. The rows come from load_rows(), after it. -#}
{% macro spark__create_csv_table(model, agate_table) %}
    {%- set types = model.config.column_types -%}
    {%- set create -%}
        create table {{ this }} (
            {%- for name in agate_table.column_names %}
            {{ adapter.quote(name) }} {{ event_analytics.column_type(types.get(name, 'text')) }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        )
        {{ file_format_clause() }}
        {{ comment_clause() }}
    {%- endset -%}
    {%- do run_query(create) -%}
    {{- return(create) -}}
{% endmacro %}


{#- A table that has the columns stays, as views are over it. -#}
{% macro spark__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
    {%- set there = adapter.get_columns_in_relation(old_relation) | map(attribute='name') | list -%}
    {%- if there == agate_table.column_names | list -%}
        {{- return('') -}}
    {%- endif -%}
    {%- do adapter.drop_relation(old_relation) -%}
    {{- return(create_csv_table(model, agate_table)) -}}
{% endmacro %}


{% macro spark__load_csv_rows(model, agate_table) %}
    {{- return('') -}}
{% endmacro %}
