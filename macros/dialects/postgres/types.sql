{% macro postgres__type_name(expression) -%}
    cast(pg_typeof({{ expression }}) as text)
{%- endmacro %}
