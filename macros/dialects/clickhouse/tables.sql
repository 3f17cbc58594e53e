{#- ClickHouse has no transactions and goes through columns, so builds make all of it anew. -#}
{% macro clickhouse__rebuilds() %}
    {{- return(true) -}}
{% endmacro %}


{% macro clickhouse__stores_events() %}
    {{- return(true) -}}
{% endmacro %}


{#- A step is computed for each step that reads it, and a query in which steps lie deeper than 100 is refused. -#}
{% macro clickhouse__most_steps() %}
    {{- return(100) -}}
{% endmacro %}


{#- Sorted by what few rows are looked up by: without a user's key, of no user more is read than of all. -#}
{% macro clickhouse__create_table(relation, query, lasts) -%}
    {%- set meta = config.get('meta') or {} -%}
    {%- set key = (meta.get('key') or []) if lasts else [] -%}
    {%- set query = event_analytics.with_stored_steps(query) -%}
    create table {{ relation }} {{ on_cluster_clause(relation) }}
    engine = MergeTree
    order by {{ '(' ~ (meta.get('index') or key) | join(', ') ~ ')' if key else 'tuple()' }}
    as
    {{ event_analytics.clickhouse_query_of_table(query, key) }}
{%- endmacro %}


{#- A query as what a table is made of: what is never null cannot be, and no number is unsigned, but for those of 8
    bits, which truth values are. -#}
{% macro clickhouse_query_of_table(query, key) -%}
    {%- set columns = [] -%}
    {%- for name, type in event_analytics.clickhouse_columns(query).items() -%}
        {%- set column = adapter.quote(name) -%}
        {%- set plain = event_analytics.clickhouse_plain_type(type) -%}
        {%- set expression = column -%}
        {%- if plain in ('UInt16', 'UInt32', 'UInt64', 'Int8', 'Int16') -%}
            {%- set expression = 'toInt64(' ~ expression ~ ')' -%}
        {%- endif -%}
        {%- if name in key and type != plain -%}
            {%- set expression = 'assumeNotNull(' ~ expression ~ ')' -%}
        {%- endif -%}
        {%- do columns.append(expression if expression == column else expression ~ ' as ' ~ column) -%}
    {%- endfor -%}
    select
        {{ columns | join(',\n        ') }}
    from (
        {{ query }}
    )
    settings {{ event_analytics.clickhouse_settings_text() }}
{%- endmacro %}


{#- The columns of a query and their types. -#}
{% macro clickhouse_columns(query) %}
    {%- set described = run_query(
        'describe (select * from (\n' ~ query ~ '\n) settings '
        ~ event_analytics.clickhouse_settings_text() ~ ')'
    ) -%}
    {%- set columns = {} -%}
    {%- for row in described.rows -%}
        {%- do columns.update({row[0]: row[1]}) -%}
    {%- endfor -%}
    {{- return(columns) -}}
{% endmacro %}


{% macro clickhouse__swap_tables(view, made, kept) %}
    {%- do event_analytics.clickhouse_put_in_place(made, kept) -%}
    {%- do run_query(event_analytics.show_by_view(view, 'select * from ' ~ kept)) -%}
{% endmacro %}


{#- One table is exchanged for the other at once, so readers see the one or the other. -#}
{% macro clickhouse_put_in_place(made, kept) %}
    {%- if run_query('exists table ' ~ kept).rows[0][0] | int == 1 -%}
        {%- do run_query('exchange tables ' ~ made ~ ' and ' ~ kept ~ ' ' ~ on_cluster_clause(made)) -%}
        {%- do run_query('drop table ' ~ made ~ ' ' ~ on_cluster_clause(made)) -%}
    {%- else -%}
        {%- do run_query('rename table ' ~ made ~ ' to ' ~ kept ~ ' ' ~ on_cluster_clause(made)) -%}
    {%- endif -%}
{% endmacro %}
