{% macro clickhouse__failing_statement(text) -%}
    select throwIf(true, {{ event_analytics.text_literal(text) }})
{%- endmacro %}


{#- The message is no number, so the database stops and shows it. Whether a number is null is not looked up, as none
    can be. -#}
{% macro clickhouse__stop_reading(message) -%}
    toInt32({{ message }}) = 0
{%- endmacro %}
