{#- Views say by which settings their queries are right, as those of a reader's session would hold otherwise. -#}

{#- What SQL means by a missing row, an aggregate of nothing, a cast of null, a name and a union. -#}
{% macro clickhouse_settings() %}
    {{- return({
        'join_use_nulls': 1,
        'aggregate_functions_null_for_empty': 1,
        'cast_keep_nullable': 1,
        'prefer_column_name_to_alias': 1,
        'union_default_mode': 'DISTINCT',
        'except_default_mode': 'DISTINCT',
        'intersect_default_mode': 'DISTINCT',
    }) -}}
{% endmacro %}


{% macro clickhouse_settings_text() -%}
    {%- for name, value in event_analytics.clickhouse_settings().items() -%}
    {{ name }} = {{ value if value is number else "'" ~ value ~ "'" }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{% macro clickhouse__show_by_view(relation, query) -%}
    create or replace view {{ relation }} {{ on_cluster_clause(relation) }} as
    select * from (
        {{ query }}
    )
    settings {{ event_analytics.clickhouse_settings_text() }}
{%- endmacro %}


{#- In place of the adapter's own, for views of dbt's materialization. -#}
{% macro clickhouse__create_view_as(relation, sql) -%}
    {%- set contract = config.get('contract') -%}
    {%- if contract and contract.enforced -%}
        {{ get_assert_columns_equivalent(sql) }}
        {%- set query = event_analytics.clickhouse_query_of_contract(sql) -%}
        {%- if event_analytics.clickhouse_stores_view(model) -%}
            {%- set query = event_analytics.clickhouse_query_of_rows(relation, query) -%}
        {%- endif %}
    create or replace view {{ relation }} {{ on_cluster_clause(relation) }} as
    {{ query }}
    {%- else -%}
    {{ event_analytics.clickhouse__show_by_view(relation, sql) }}
    {%- endif -%}
{%- endmacro %}


{#- Whether a build stores the rows of a public view, as all that they are made of changes with a build only: not
    where they are of single users, by which they are looked up in facts that are sorted by them. -#}
{% macro clickhouse_stores_view(node) %}
    {{- return('user_id' not in node.columns) -}}
{% endmacro %}


{#- Stores what a view shall show, beside what facts keep, and returns the query that reads it. -#}
{% macro clickhouse_query_of_rows(relation, query) %}
    {%- set kept = event_analytics.kept_table(relation.incorporate(
        path={'schema': event_analytics.model_relation('int_calendar').schema}
    )) -%}
    {%- set made = event_analytics.made_table(kept) -%}
    {%- do run_query('drop table if exists ' ~ made ~ ' ' ~ on_cluster_clause(made)) -%}
    {%- do run_query(
        'create table ' ~ made ~ ' ' ~ on_cluster_clause(made) ~ ' engine = MergeTree order by tuple() as\n'
        ~ query
    ) -%}
    {%- do event_analytics.clickhouse_put_in_place(made, kept) -%}
    {{- return('select * from ' ~ kept) -}}
{% endmacro %}


{#- A run that makes facts and leaves out views would leave in these what they had before. -#}
{% macro clickhouse__show_old_views(results) %}
    {%- set made = [] -%}
    {%- set facts = [] -%}
    {%- for result in results if result.status == 'success' -%}
        {%- do made.append(result.node.unique_id) -%}
        {%- if result.node.config.materialized in ('step', 'fact', 'count') -%}
            {%- do facts.append(result.node.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set old = [] -%}
    {%- for node in graph.nodes.values()
        if facts and node.resource_type == 'model' and node.package_name == 'event_analytics'
        and node.access == 'public' and node.unique_id not in made
        and event_analytics.clickhouse_stores_view(node) -%}
        {%- if adapter.get_relation(node.database, node.schema, node.alias) is not none -%}
            {%- do old.append(node.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if old -%}
        {%- do exceptions.warn(
            old | length ~ " public views, such as " ~ old | sort | first ~ ", have their rows of an earlier build, as "
            ~ "this one did not make them anew. Run dbt build for all of them."
        ) -%}
    {%- endif -%}
{% endmacro %}


{#- Contracts name types as SQL does. Which of ClickHouse's a query may give, the first being the one that the view
    gives: numbers of all sizes are bigints, and a comparison is a number of 8 bits. -#}
{% macro clickhouse_types_of_contract() %}
    {{- return({
        'String': ['String', 'LowCardinality(String)'],
        'Int32': ['Int32', 'Int16', 'Int8', 'UInt16', 'UInt8'],
        'Int64': ['Int64', 'Int32', 'Int16', 'Int8', 'UInt64', 'UInt32', 'UInt16', 'UInt8'],
        'Bool': ['Bool', 'UInt8'],
    }) -}}
{% endmacro %}


{#- A type without what says that it may be null. -#}
{% macro clickhouse_plain_type(type) %}
    {{- return(modules.re.sub('^Nullable\\((.*)\\)$', '\\1', type)) -}}
{% endmacro %}


{% macro clickhouse__get_assert_columns_equivalent(sql) -%}
    {%- set wanted = model['columns'].values() | list -%}
    {%- set given = event_analytics.clickhouse_columns(sql) -%}
    {%- set same = namespace(value=given | length == wanted | length) -%}
    {%- for column in wanted if same.value -%}
        {%- set type = event_analytics.column_type(column.data_type) -%}
        {%- set accepted = event_analytics.clickhouse_types_of_contract().get(type, [type]) -%}
        {%- if event_analytics.clickhouse_plain_type(given.get(column.name, '')) not in accepted -%}
            {%- set same.value = false -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if not same.value -%}
        {%- set found = [] -%}
        {%- for name, type in given.items() -%}
            {%- do found.append({
                'name': name, 'data_type': type, 'formatted': name ~ ' ' ~ type,
            }) -%}
        {%- endfor -%}
        {%- do exceptions.raise_contract_error(wanted, found) -%}
    {%- endif -%}
{%- endmacro %}


{#- A query whose columns have the types, and the order, of the contract. -#}
{% macro clickhouse_query_of_contract(sql) -%}
    {%- set given = event_analytics.clickhouse_columns(sql) -%}
    select
        {%- for column in model['columns'].values() %}
        {%- set name = adapter.quote(column.name) -%}
        {%- set type = event_analytics.column_type(column.data_type) %}
        {% if event_analytics.clickhouse_plain_type(given[column.name]) == type -%}
        {{ name }}
        {%- else -%}
        cast({{ name }} as {{ type }}) as {{ name }}
        {%- endif -%}
        {{ ',' if not loop.last }}
        {%- endfor %}
    from (
        {{ sql }}
    )
    settings {{ event_analytics.clickhouse_settings_text() }}
{%- endmacro %}
