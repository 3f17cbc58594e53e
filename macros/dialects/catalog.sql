{#- The time zone names that the database knows, as a relation with a column `name`. -#}
{% macro known_timezones() %}
    {{- return(adapter.dispatch('known_timezones', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__known_timezones() %}
    {{- event_analytics.raise_unsupported('known_timezones') -}}
{% endmacro %}

{% macro postgres__known_timezones() -%}
    pg_catalog.pg_timezone_names
{%- endmacro %}

{% macro duckdb__known_timezones() -%}
    pg_timezone_names()
{%- endmacro %}


{#- A statement that lets the database learn how many rows a new table has; nothing where it knows. -#}
{% macro analyze(relation) %}
    {{- return(adapter.dispatch('analyze', 'event_analytics')(relation)) -}}
{% endmacro %}

{% macro default__analyze(relation) -%}
{%- endmacro %}

{% macro postgres__analyze(relation) -%}
    analyze {{ relation }}
{%- endmacro %}


{#- The same for a table of which builds change a few rows: nothing until they are a tenth, since looking at
    a sample of a large table takes longer than changing them. -#}
{% macro analyze_changed(relation) %}
    {{- return(adapter.dispatch('analyze_changed', 'event_analytics')(relation)) -}}
{% endmacro %}

{% macro default__analyze_changed(relation) -%}
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


{#- Lets the database learn about the events if it has no statistics at all, as right after the first
    load: it would plan for an empty table. Later on it keeps them up to date by itself. -#}
{% macro analyze_new_events() %}
    {{- return(adapter.dispatch('analyze_new_events', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__analyze_new_events() -%}
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


{#- Keeps all writers off a table until the transaction ends; readers are not kept waiting. alone: also others who
    ask for this. -#}
{% macro keep_from_changing(relation, alone=false) %}
    {{- return(adapter.dispatch('keep_from_changing', 'event_analytics')(relation, alone)) -}}
{% endmacro %}

{#- One process at a time writes to a file. -#}
{% macro default__keep_from_changing(relation, alone) -%}
{%- endmacro %}

{% macro postgres__keep_from_changing(relation, alone) -%}
    lock table {{ relation }} in share {{ 'row exclusive ' if alone }}mode;
{%- endmacro %}
