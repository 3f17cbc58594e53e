{#- Tables of what is kept: what differs between databases. -#}

{#- A statement that makes a table of a query. One that does not last need not survive a crash. -#}
{% macro create_table(relation, query, lasts=true) %}
    {{- return(adapter.dispatch('create_table', 'event_analytics')(relation, query, lasts)) -}}
{% endmacro %}

{% macro default__create_table(relation, query, lasts) -%}
    create table {{ relation }} as
    {{ query }}
{%- endmacro %}


{#- A statement that makes an index where few rows of many are looked up; nothing where the database goes through
    columns faster than it keeps one. -#}
{% macro create_index(relation, columns) %}
    {{- return(adapter.dispatch('create_index', 'event_analytics')(relation, columns)) -}}
{% endmacro %}

{% macro default__create_index(relation, columns) -%}
{%- endmacro %}


{#- A statement that empties a table which only builds read. -#}
{% macro truncate(relation) -%}
    truncate table {{ relation }}
{%- endmacro %}


{#- Statements that leave no row in what is kept of a model. -#}
{% macro empty_kept(relation) %}
    {{- return(adapter.dispatch('empty_kept', 'event_analytics')(relation)) -}}
{% endmacro %}

{% macro default__empty_kept(relation) -%}
    delete from {{ event_analytics.kept_table(relation) }};
{%- endmacro %}


{#- A statement that makes a view of that name, or puts another query into the one that is there. -#}
{% macro show_by_view(relation, query) %}
    {{- return(adapter.dispatch('show_by_view', 'event_analytics')(relation, query)) -}}
{% endmacro %}

{% macro default__show_by_view(relation, query) -%}
    create or replace view {{ relation }} as
    {{ query }}
{%- endmacro %}


{#- The table that is made while another one is read: the latter will then be the one that is kept. -#}
{% macro made_table(relation) %}
    {{- return(adapter.dispatch('made_table', 'event_analytics')(relation)) -}}
{% endmacro %}

{% macro default__made_table(relation) %}
    {{- return(relation.incorporate(path={'identifier': relation.identifier ~ '__new'}, type='table')) -}}
{% endmacro %}


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


{#- After a build: says which public views show what an earlier one has left, where their rows are stored. -#}
{% macro show_old_views(results) %}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {{- return(adapter.dispatch('show_old_views', 'event_analytics')(results)) -}}
    {%- endif -%}
{% endmacro %}

{% macro default__show_old_views(results) -%}
{%- endmacro %}
