{#- Types and constants that databases name in different ways. The first of each is SQL's own. -#}

{#- An instant, to the microsecond. -#}
{% macro type_instant() %}
    {{- return(adapter.dispatch('type_instant', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__type_instant() -%}
    timestamp with time zone
{%- endmacro %}


{#- A calendar date. -#}
{% macro type_date() %}
    {{- return(adapter.dispatch('type_date', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__type_date() -%}
    date
{%- endmacro %}


{#- A number of floating point, of 64 bits. -#}
{% macro type_double() %}
    {{- return(adapter.dispatch('type_double', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__type_double() -%}
    double precision
{%- endmacro %}


{#- A whole number of 64 bits. -#}
{% macro type_whole() %}
    {{- return(adapter.dispatch('type_whole', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__type_whole() -%}
    bigint
{%- endmacro %}


{#- A date after all that a report can be about. -#}
{% macro last_date() %}
    {{- return(adapter.dispatch('last_date', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__last_date() -%}
    cast('infinity' as date)
{%- endmacro %}


{#- A date before all that a report can be about. -#}
{% macro first_date() %}
    {{- return(adapter.dispatch('first_date', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__first_date() -%}
    cast('0001-01-01' as date)
{%- endmacro %}


{#- An instant before all that the contract accepts. -#}
{% macro first_instant() %}
    {{- return(adapter.dispatch('first_instant', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__first_instant() -%}
    cast('-infinity' as timestamp with time zone)
{%- endmacro %}


{#- An instant, written as PostgreSQL writes it in UTC: 2026-01-01 00:00:00+00. -#}
{% macro instant_literal(text) %}
    {{- return(adapter.dispatch('instant_literal', 'event_analytics')(text)) -}}
{% endmacro %}

{% macro default__instant_literal(text) -%}
    cast('{{ text }}' as timestamp with time zone)
{%- endmacro %}


{#- What the database calls a type that YAML names as SQL does: text, bigint, timestamp with time zone. -#}
{% macro column_type(name) %}
    {{- return(adapter.dispatch('column_type', 'event_analytics')(name)) -}}
{% endmacro %}

{% macro default__column_type(name) %}
    {{- return(name) -}}
{% endmacro %}


{#- The name of an expression's type, as the database has it. -#}
{% macro type_name(expression) %}
    {{- return(adapter.dispatch('type_name', 'event_analytics')(expression)) -}}
{% endmacro %}

{% macro default__type_name(expression) %}
    {{- event_analytics.raise_unsupported('type_name') -}}
{% endmacro %}
