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
