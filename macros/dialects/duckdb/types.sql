{% macro duckdb__type_name(expression) -%}
    typeof({{ expression }})
{%- endmacro %}
