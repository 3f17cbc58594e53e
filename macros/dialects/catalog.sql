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
