{#- Definitions on ClickHouse, where a statement changes one table: each is replaced by one, of which readers see all
    or nothing. Between two of them they may find new definitions beside old ones; facts are made after that. -#}

{% macro clickhouse__run_together(statements) %}
    {%- for one in statements -%}
        {%- do run_query(one) -%}
    {%- endfor -%}
{% endmacro %}


{% macro clickhouse__replace_rows(seed, read, table) -%}
    create or replace table {{ table }} {{ on_cluster_clause(table) }}
    {{ event_analytics.clickhouse_seed_columns(seed) }}
    as
    {{ event_analytics.query_of_rows(seed, read) }}
{%- endmacro %}


{#- Columns of a seed, each of which may be empty, with what is said about them. -#}
{% macro clickhouse_seed_columns(seed) -%}
    (
        {%- for name, type in seed.config.column_types.items() %}
        {%- set described = seed.columns.get(name) %}
        {{ adapter.quote(name) }} Nullable({{ event_analytics.column_type(type) }})
        {%- if described and described.description %}
            comment {{ event_analytics.text_literal(described.description) }}
        {%- endif -%}
        {{ ',' if not loop.last }}
        {%- endfor %}
    )
    engine = MergeTree
    order by tuple()
    comment {{ event_analytics.text_literal(seed.description) }}
{%- endmacro %}


{#- dbt makes the table of a seed by these. The rows come from load_rows(), after it. -#}
{% macro clickhouse__create_csv_table(model, agate_table) %}
    {%- set create -%}
        create table {{ this }} {{ on_cluster_clause(this) }}
        {{ event_analytics.clickhouse_seed_columns(model) }}
    {%- endset -%}
    {%- do run_query(create) -%}
    {{- return(create) -}}
{% endmacro %}


{#- The table that is there has the rows by now. -#}
{% macro clickhouse__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
    {{- return('') -}}
{% endmacro %}


{% macro clickhouse__load_csv_rows(model, agate_table) %}
    {{- return('') -}}
{% endmacro %}
