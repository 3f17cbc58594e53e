{#- By default texts are bytes here. -#}

{% macro clickhouse__contains_text(text, part) -%}
    position({{ text }}, {{ part }}) > 0
{%- endmacro %}


{% macro clickhouse__md5_text(text) -%}
    lower(hex(MD5({{ text }})))
{%- endmacro %}


{% macro clickhouse__join_texts(parts) -%}
    concat(
        {%- for part in parts -%}
        coalesce({{ part }}, ''){{ ', ' if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro %}


{% macro clickhouse__first_characters(text, number) -%}
    leftUTF8({{ text }}, {{ number }})
{%- endmacro %}


{% macro clickhouse__characters_from(text, place, number) -%}
    substringUTF8({{ text }}, {{ place }}, {{ number }})
{%- endmacro %}


{#- A bigint, from which something can be taken away. -#}
{% macro clickhouse__number_of_characters(text) -%}
    toInt64(lengthUTF8({{ text }}))
{%- endmacro %}


{% macro clickhouse__without_capitals(text) -%}
    lowerUTF8({{ text }})
{%- endmacro %}


{#- A backslash in a literal stands for what follows it. -#}
{% macro clickhouse__text_literal(value) -%}
    '{{ value | string | replace("\\", "\\\\") | replace("'", "''") }}'
{%- endmacro %}
