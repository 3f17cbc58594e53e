{#- `dbt clone`: another schema shows what has been built in one, through a view for each model. A build there is
    right again, as it makes all of it itself. In a project that uses this one as a package, dbt clones in its
    own way, and seeds have to be dropped before a build. -#}

{% materialization clone, default %}
    {%- set is_due = defer_relation and (load_cached_relation(this) is none or flags.FULL_REFRESH) -%}
    {%- if is_due and model.resource_type == 'seed' -%}
        {{- return({'relations': [event_analytics.copy_seed(this, defer_relation)]}) -}}
    {%- endif -%}
    {%- set cloned = dbt.materialization_clone_default() -%}
    {#- what was kept here is of other events, and nothing reads it now -#}
    {%- if is_due and load_cached_relation(event_analytics.kept_table(this)) is not none -%}
        {%- call statement('begin') -%}
            select 1
        {%- endcall -%}
        {{- event_analytics.drop_kept(this) -}}
        {%- do adapter.commit() -%}
    {%- endif -%}
    {{- return(cloned) -}}
{% endmaterialization %}


{#- A table with the rows of a seed: `dbt seed` would refuse to load a view. -#}
{% macro copy_seed(seed, original) %}
    {%- set table = seed.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(seed) -%}
    {%- if existing is not none and existing.is_table -%}
        {%- do run_query('delete from ' ~ table) -%}
        {%- call statement('main') -%}
            insert into {{ table }} select * from {{ original }}
        {%- endcall -%}
    {%- else -%}
        {%- if existing is not none -%}
            {%- do adapter.drop_relation(existing) -%}
        {%- endif -%}
        {%- call statement('main') -%}
            create table {{ table }} as select * from {{ original }}
        {%- endcall -%}
    {%- endif -%}
    {%- do adapter.commit() -%}
    {{- return(table) -}}
{% endmacro %}


{#- On DuckDB dbt writes the name of the file into the view of a clone. -#}
{% macro duckdb__create_view_as(relation, sql) -%}
    {%- if flags.WHICH == 'clone' -%}
        {%- set sql = 'select * from ' ~ event_analytics.portable(defer_relation) -%}
    {%- endif -%}
    {{- return(dbt.duckdb__create_view_as(relation, sql)) -}}
{%- endmacro %}
