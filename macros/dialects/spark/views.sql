{#- dbt's views, but for models of which Spark would compute too much too often if each reader did: a table, as of
    facts. Those are models of too many steps, and the events: all that reads them would else look for the first row of
    each id anew. -#}
{% materialization view, adapter='spark' %}
    {%- if
        model.package_name != 'event_analytics'
        or config.get('contract').enforced
        or not event_analytics.makes_anew()
        or not (model.name == 'int_events' or event_analytics.steps_to_store(compiled_code))
    -%}
        {{- return(create_or_replace_view()) -}}
    {%- endif -%}
    {{- run_hooks(pre_hooks) -}}
    {{- event_analytics.make_anew(this, compiled_code, with_changes=false) -}}
    {{- return(event_analytics.finish(this)) -}}
{% endmaterialization %}


{#- A unit test asks for the same query once for its columns and once for its rows. -#}
{% macro spark__get_empty_subquery_sql(select_sql, select_sql_header=none) -%}
    {%- if model.resource_type == 'unit_test' -%}
        {%- set select_sql = event_analytics.with_stored_steps(select_sql) -%}
    {%- endif -%}
    {{- return(dbt.default__get_empty_subquery_sql(select_sql, select_sql_header)) -}}
{%- endmacro %}

{% macro spark__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
    {{- return(dbt.default__get_unit_test_sql(
        event_analytics.with_stored_steps(main_sql), expected_fixture_sql, expected_column_names
    )) -}}
{%- endmacro %}
