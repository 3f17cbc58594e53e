{% macro duckdb__failing_statement(text) -%}
    select error({{ event_analytics.text_literal(text) }})
{%- endmacro %}
