{#- What a dispatched macro says on a database that nobody has written it for. -#}
{% macro raise_unsupported(macro_name) %}
    {{- exceptions.raise_compiler_error(
        "event_analytics." ~ macro_name ~ " is not written for the adapter '" ~ target.type
        ~ "'; use duckdb or postgres, or add a macro " ~ target.type ~ "__" ~ macro_name ~ "."
    ) -}}
{% endmacro %}


{#- A statement whose only effect is that the database says a text, as what is wrong. -#}
{% macro failing_statement(text) %}
    {{- return(adapter.dispatch('failing_statement', 'event_analytics')(text)) -}}
{% endmacro %}

{% macro default__failing_statement(text) %}
    {{- event_analytics.raise_unsupported('failing_statement') -}}
{% endmacro %}
