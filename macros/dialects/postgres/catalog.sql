{% macro postgres__known_timezones() -%}
    pg_catalog.pg_timezone_names
{%- endmacro %}


{% macro postgres__how_to_update_zones() -%}
    update the server's time zones (its package tzdata, or PostgreSQL itself to the latest minor release) and
    {#- #} start it anew
{%- endmacro %}


{% macro postgres__analyze(relation) -%}
    analyze {{ relation }}
{%- endmacro %}


{% macro postgres__analyze_changed(relation) -%}
    {%- if execute -%}
        {#- a new table has not been analyzed -#}
        {%- set known = run_query(
            "select 1 from pg_catalog.pg_stat_all_tables where relid = to_regclass('" ~ relation ~ "')"
            ~ " and coalesce(last_analyze, last_autoanalyze) is not null"
            ~ " and n_mod_since_analyze < n_live_tup / 10"
        ) -%}
        {%- if known.rows | length == 0 -%}
            {{- event_analytics.analyze(relation) -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{% macro postgres__analyze_new_events() -%}
    {%- set events = api.Relation.create(
        schema=var('raw_schema') ~ event_analytics.organisation_suffix(),
        identifier=var('events_table')
    ) -%}
    {%- if execute -%}
        {%- set unknown = run_query(
            "select 1 from pg_catalog.pg_class where oid = to_regclass('" ~ events ~ "') and reltuples <= 0"
        ) -%}
        {%- if unknown.rows | length > 0 -%}
            {#- without the privilege this is a warning, and nothing happens -#}
            {{- event_analytics.analyze(events) -}}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{% macro postgres__keep_from_changing(relation, alone) -%}
    lock table {{ relation }} in share {{ 'row exclusive ' if alone }}mode;
{%- endmacro %}


{#- A query in its place would need an alias of its own, before PostgreSQL 16, and could not have another one. -#}
{% macro postgres__without_rows(relation) %}
    {{- return('(' ~ relation.render() ~ ' cross join (select where false) as no_row)') -}}
{% endmacro %}
