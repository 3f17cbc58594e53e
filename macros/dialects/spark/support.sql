{#- A table that is cached is computed at once, while a query waits for somebody to ask for its rows. -#}
{% macro spark__failing_statement(text) -%}
    cache table event_analytics_refused as
    select raise_error({{ event_analytics.text_literal(text) }}) as refused
{%- endmacro %}


{#- By an error of its own: a cast that fails is null in sessions that are not ANSI's. -#}
{% macro spark__stop_reading(message) -%}
    raise_error({{ message }}) is null
{%- endmacro %}
