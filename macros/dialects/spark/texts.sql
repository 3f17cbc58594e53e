{% macro spark__contains_text(text, part) -%}
    contains({{ text }}, {{ part }})
{%- endmacro %}


{#- A backslash means something in Spark's literals. -#}
{% macro spark__text_literal(value) -%}
    '{{ value | string | replace('\\', '\\\\') | replace("'", "\\'") }}'
{%- endmacro %}


{% macro spark__join_texts(parts) -%}
    concat_ws('', {{ parts | join(', ') }})
{%- endmacro %}


{#- How dbt writes a text of a unit test. -#}
{% macro spark__escape_single_quotes(expression) -%}
    {{ expression | replace('\\', '\\\\') | replace("'", "\\'") }}
{%- endmacro %}
