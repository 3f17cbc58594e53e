{#- What databases do differently with rows: how they count, order and look at them. -#}

{#- How many rows there are, as a bigint; in a window, of a row's window. -#}
{% macro row_count(window=none) %}
    {{- return(adapter.dispatch('row_count', 'event_analytics')(window)) -}}
{% endmacro %}

{% macro default__row_count(window) -%}
    count(*){{ ' over (' ~ window ~ ')' if window is not none }}
{%- endmacro %}


{#- A value that lag, lead or first_value shall give as null where there is no row. -#}
{% macro nullable(value) %}
    {{- return(adapter.dispatch('nullable', 'event_analytics')(value)) -}}
{% endmacro %}

{% macro default__nullable(value) -%}
    {{ value }}
{%- endmacro %}


{#- What to order by, so that ids come in the order of their texts: of UUIDs, that of their numbers. -#}
{% macro by_id(id) %}
    {{- return(adapter.dispatch('by_id', 'event_analytics')(id)) -}}
{% endmacro %}

{% macro default__by_id(id) -%}
    {{ id }}
{%- endmacro %}
