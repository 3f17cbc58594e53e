{#- What a dispatched macro says on a database that nobody has written it for. -#}
{% macro raise_unsupported(macro_name) %}
    {{- exceptions.raise_compiler_error(
        "event_analytics." ~ macro_name ~ " is not written for the adapter '" ~ target.type
        ~ "'; use duckdb or postgres, or add a macro " ~ target.type ~ "__" ~ macro_name ~ "."
    ) -}}
{% endmacro %}
