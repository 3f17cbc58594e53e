{#- The time zone names that the database knows, as a relation with a column `name`. -#}
{% macro known_timezones() %}
    {{- return(adapter.dispatch('known_timezones', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__known_timezones() %}
    {{- event_analytics.raise_unsupported('known_timezones') -}}
{% endmacro %}


{#- What to do where the database's time zones are not those of today. -#}
{% macro how_to_update_zones() %}
    {{- return(adapter.dispatch('how_to_update_zones', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__how_to_update_zones() %}
    {{- event_analytics.raise_unsupported('how_to_update_zones') -}}
{% endmacro %}


{#- A statement that lets the database learn how many rows a new table has; nothing where it knows. -#}
{% macro analyze(relation) %}
    {{- return(adapter.dispatch('analyze', 'event_analytics')(relation)) -}}
{% endmacro %}

{% macro default__analyze(relation) -%}
{%- endmacro %}


{#- The same for a table of which builds change a few rows: nothing until they are a tenth, since looking at
    a sample of a large table takes longer than changing them. -#}
{% macro analyze_changed(relation) %}
    {{- return(adapter.dispatch('analyze_changed', 'event_analytics')(relation)) -}}
{% endmacro %}

{% macro default__analyze_changed(relation) -%}
{%- endmacro %}


{#- Lets the database learn about the events if it has no statistics at all, as right after the first
    load: it would plan for an empty table. Later on it keeps them up to date by itself. -#}
{% macro analyze_new_events() %}
    {{- return(adapter.dispatch('analyze_new_events', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__analyze_new_events() -%}
{%- endmacro %}


{#- Keeps all writers off a table until the transaction ends; readers are not kept waiting. alone: also others who
    ask for this. -#}
{% macro keep_from_changing(relation, alone=false) %}
    {{- return(adapter.dispatch('keep_from_changing', 'event_analytics')(relation, alone)) -}}
{% endmacro %}

{#- One process at a time writes to a file. -#}
{% macro default__keep_from_changing(relation, alone) -%}
{%- endmacro %}


{#- A relation by a name that holds in any copy of the database. -#}
{% macro portable(relation) %}
    {{- return(adapter.dispatch('portable', 'event_analytics')(relation)) -}}
{% endmacro %}

{% macro default__portable(relation) %}
    {{- return(relation) -}}
{% endmacro %}


{#- A relation without any of its rows, whether or not an alias follows. -#}
{% macro without_rows(relation) %}
    {{- return(adapter.dispatch('without_rows', 'event_analytics')(relation)) -}}
{% endmacro %}

{% macro default__without_rows(relation) %}
    {{- return(relation) -}}
{% endmacro %}
