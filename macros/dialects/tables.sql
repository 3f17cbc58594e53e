{#- Tables of what is kept: what differs between databases. -#}

{#- A statement that makes a table of a query. One that does not last need not survive a crash. -#}
{% macro create_table(relation, query, lasts=true) %}
    {{- return(adapter.dispatch('create_table', 'event_analytics')(relation, query, lasts)) -}}
{% endmacro %}

{% macro default__create_table(relation, query, lasts) -%}
    create table {{ relation }} as
    {{ query }}
{%- endmacro %}

{% macro postgres__create_table(relation, query, lasts) -%}
    create {{ 'unlogged ' if not lasts }}table {{ relation }} as
    {{ query }}
{%- endmacro %}


{#- A statement that makes an index where few rows of many are looked up; nothing where the database goes through
    columns faster than it keeps one. -#}
{% macro create_index(relation, columns) %}
    {{- return(adapter.dispatch('create_index', 'event_analytics')(relation, columns)) -}}
{% endmacro %}

{% macro default__create_index(relation, columns) -%}
{%- endmacro %}

{% macro postgres__create_index(relation, columns) -%}
    create index on {{ relation }} ({{ columns | join(', ') }})
{%- endmacro %}


{#- A statement that empties a table which only builds read. -#}
{% macro truncate(relation) -%}
    truncate table {{ relation }}
{%- endmacro %}


{#- A statement that makes a view of that name, or puts another query into the one that is there. -#}
{% macro show_by_view(relation, query) %}
    {{- return(adapter.dispatch('show_by_view', 'event_analytics')(relation, query)) -}}
{% endmacro %}

{% macro default__show_by_view(relation, query) -%}
    create or replace view {{ relation }} as
    {{ query }}
{%- endmacro %}

{#- A view whose columns have changed has to be dropped, with all that is over it: only in a build that makes all of
    it again. -#}
{% macro postgres__show_by_view(relation, query) -%}
    {%- set view = relation.incorporate(type='view') -%}
    {%- if not event_analytics.left_out_models() -%}
        {{- return(event_analytics.replace_view(view, query)) -}}
    {%- endif -%}
    do $do$
    begin
        {{ get_replace_view_sql(view, query) }}
    exception when invalid_table_definition then
        raise exception
            'The columns of {{ relation.schema }}.{{ relation.identifier }} have changed; run dbt build without '
            '--select, which makes the views over it again, too.';
    end
    $do$
{%- endmacro %}


{#- Lets the view read the table `made`, drops `kept`, and gives its name to `made`. -#}
{% macro swap_tables(view, made, kept) %}
    {{- return(adapter.dispatch('swap_tables', 'event_analytics')(view, made, kept)) -}}
{% endmacro %}

{#- A view goes by the names of tables. -#}
{% macro default__swap_tables(view, made, kept) %}
    {%- do run_query('drop table if exists ' ~ kept) -%}
    {%- do run_query('alter table ' ~ made ~ ' rename to ' ~ kept.identifier) -%}
    {%- do run_query(event_analytics.show_by_view(
        view, 'select * from ' ~ event_analytics.portable(kept)
    )) -%}
{% endmacro %}

{#- A view goes by the tables themselves, whatever they are called, and a table that one reads cannot go. -#}
{% macro postgres__swap_tables(view, made, kept) %}
    {%- do run_query(event_analytics.show_by_view(view, 'select * from ' ~ made)) -%}
    {%- do run_query('drop table if exists ' ~ kept) -%}
    {%- do run_query('alter table ' ~ made ~ ' rename to ' ~ kept.identifier) -%}
{% endmacro %}
