{#- The one that takes the mean of the middle two. -#}
{% macro clickhouse__median(expression) -%}
    quantileExactInclusive(0.5)({{ expression }})
{%- endmacro %}
