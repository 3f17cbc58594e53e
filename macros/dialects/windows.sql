{#- Window functions: what databases do not all take. -#}

{#- The value of the row that is as many rows further on in a window as an expression says; it says the same of all
    rows of a partition, and no more than the steps of a funnel less one. -#}
{% macro lead_by(value, rows, window) %}
    {{- return(adapter.dispatch('lead_by', 'event_analytics')(value, rows, window)) -}}
{% endmacro %}

{% macro default__lead_by(value, rows, window) -%}
    lead({{ value }}, {{ rows }}) over (
        {{ window }}
    )
{%- endmacro %}
