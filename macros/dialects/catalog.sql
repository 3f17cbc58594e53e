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


{#- What to do where the database's time zones are not those of today. -#}
{% macro how_to_update_zones() %}
    {{- return(adapter.dispatch('how_to_update_zones', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__how_to_update_zones() %}
    {{- event_analytics.raise_unsupported('how_to_update_zones') -}}
{% endmacro %}

{% macro postgres__how_to_update_zones() -%}
    update the server's time zones (its package tzdata, or PostgreSQL itself to the latest minor release) and
    {#- #} start it anew
{%- endmacro %}

{% macro duckdb__how_to_update_zones() -%}
    update DuckDB (pip install -U duckdb)
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


{#- A relation by a name that holds in any copy of the database. -#}
{% macro portable(relation) %}
    {{- return(adapter.dispatch('portable', 'event_analytics')(relation)) -}}
{% endmacro %}

{% macro default__portable(relation) %}
    {{- return(relation) -}}
{% endmacro %}

{#- A DuckDB file is a database of its own name, or of the one that a reader attaches it by. A view that does not
    say which reads its own. Where a database is called like the schema, the name would mean either of them. -#}
{% macro duckdb__portable(relation) %}
    {%- set databases = [target.database | lower] -%}
    {%- for attached in adapter.config.credentials.attach or [] -%}
        {%- set file_name = (attached.path | string).split('/') | last -%}
        {%- do databases.append((attached.alias or file_name.lstrip('.').split('.')[0]) | lower) -%}
    {%- endfor -%}
    {%- if relation.database != target.database or (relation.schema or '') | lower in databases -%}
        {{- return(relation) -}}
    {%- endif -%}
    {{- return(relation.include(database=false)) -}}
{% endmacro %}


{#- A relation without any of its rows, whether or not an alias follows. -#}
{% macro without_rows(relation) %}
    {{- return(adapter.dispatch('without_rows', 'event_analytics')(relation)) -}}
{% endmacro %}

{% macro default__without_rows(relation) %}
    {{- return(relation) -}}
{% endmacro %}

{#- A query in its place would need an alias of its own, before PostgreSQL 16, and could not have another one. -#}
{% macro postgres__without_rows(relation) %}
    {{- return('(' ~ relation.render() ~ ' cross join (select where false) as no_row)') -}}
{% endmacro %}
