{#- Fixtures of unit tests, which are written as PostgreSQL writes values. Null stays null: the adapter would put 0 or
    an empty text in its place. A backslash stands for itself. -#}
{% macro clickhouse__safe_cast(field, dtype) -%}
    {%- set text = field | string -%}
    {%- set type = event_analytics.clickhouse_plain_type(dtype) -%}
    {%- if text == "'infinity'" -%}
    {{ event_analytics.last_date() }}
    {%- elif text == "'-infinity'" -%}
    {{ event_analytics.first_instant() if type.startswith('DateTime') else event_analytics.first_date() }}
    {%- elif type.startswith('DateTime') -%}
    cast({{ modules.re.sub("\\+00(:00)?'$", "'", text) }} as Nullable({{ type }}))
    {%- else -%}
    cast({{ text | replace("\\", "\\\\") if text.startswith("'") else text }} as Nullable({{ type }}))
    {%- endif -%}
{%- endmacro %}


{#- A unit test asks for the same query once for its columns and once for its rows. -#}
{% macro clickhouse__get_empty_subquery_sql(select_sql, select_sql_header=none) -%}
    {%- if model.resource_type == 'unit_test' -%}
        {%- set select_sql = event_analytics.with_stored_steps(select_sql) -%}
    {%- endif -%}
    {{- return(dbt.default__get_empty_subquery_sql(select_sql, select_sql_header)) -}}
{%- endmacro %}

{% macro clickhouse__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
    {{- return(dbt.default__get_unit_test_sql(
        event_analytics.with_stored_steps(main_sql), expected_fixture_sql, expected_column_names
    )) -}}
{%- endmacro %}
