{% macro postgres__create_table(relation, query, lasts) -%}
    create {{ 'unlogged ' if not lasts }}table {{ relation }} as
    {{ query }}
{%- endmacro %}


{% macro postgres__create_index(relation, columns) -%}
    create index on {{ relation }} ({{ columns | join(', ') }})
{%- endmacro %}


{#- By another table in its place, as statistics of an empty one stay as they were. -#}
{% macro postgres__empty_kept(relation) -%}
    {%- set kept = event_analytics.kept_table(relation) -%}
    {%- set made = relation.incorporate(path={'identifier': relation.identifier ~ '__new'}, type='table') -%}
    drop table if exists {{ made }};
    create table {{ made }} as
    select * from {{ kept }} where false;
    create or replace view {{ relation }} as
    select * from {{ made }};
    drop table {{ kept }};
    alter table {{ made }} rename to {{ kept.identifier }};
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


{#- A view goes by the tables themselves, whatever they are called, and a table that one reads cannot go. -#}
{% macro postgres__swap_tables(view, made, kept) %}
    {%- do run_query(event_analytics.show_by_view(view, 'select * from ' ~ made)) -%}
    {%- do run_query('drop table if exists ' ~ kept) -%}
    {%- do run_query('alter table ' ~ made ~ ' rename to ' ~ kept.identifier) -%}
{% endmacro %}
