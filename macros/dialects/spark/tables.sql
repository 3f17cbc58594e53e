{#- Files are never changed and nothing is one transaction, so a build makes all of it anew. -#}
{% macro spark__rebuilds() %}
    {{- return(true) -}}
{% endmacro %}


{#- Plans grow with the steps, and so does the time that planning takes. -#}
{% macro spark__most_steps() %}
    {{- return(150) -}}
{% endmacro %}


{% macro spark__create_table(relation, query, lasts) -%}
    create table {{ relation }} using {{ config.get('file_format', 'parquet') }} as
    {{ event_analytics.with_stored_steps(query) }}
{%- endmacro %}


{#- With comments, which Spark takes only together with the view. -#}
{% macro spark__show_by_view(relation, query) %}
    {{- return(get_create_view_as_sql(relation, query)) -}}
{% endmacro %}


{#- A table of two, by turns: the one that the view does not read, as another name would be another place, and a store
    of objects can only copy there. What the view has read until now stays for who is reading it, until the next build. -#}
{% macro spark__made_table(relation) %}
    {%- set kept = event_analytics.kept_table(relation) -%}
    {%- set other = relation.incorporate(path={'identifier': relation.identifier ~ '__new'}, type='table') -%}
    {%- set existing = load_cached_relation(relation) -%}
    {%- if existing is not none and existing.is_view -%}
        {%- set view = run_query('show create table ' ~ relation).rows[0][0] -%}
        {{- return(other if kept.identifier in view else kept) -}}
    {%- endif -%}
    {{- return(kept) -}}
{% endmacro %}


{% macro spark__swap_tables(view, made, kept) %}
    {%- do run_query(event_analytics.show_by_view(view, 'select * from ' ~ made)) -%}
{% endmacro %}
