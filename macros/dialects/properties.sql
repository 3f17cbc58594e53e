{#- The value of one property as text, as PostgreSQL's ->> gives it: text without quotes; null for a
    property that is missing or is JSON's null. The name is an expression, and any text may be one. -#}
{% macro property_text(properties, name) -%}
    {{- return(adapter.dispatch('property_text', 'event_analytics')(properties, name)) -}}
{%- endmacro %}

{% macro default__property_text(properties, name) %}
    {{- event_analytics.raise_unsupported('property_text') -}}
{% endmacro %}

{% macro postgres__property_text(properties, name) -%}
    ({{ properties }} ->> {{ name }})
{%- endmacro %}

{#- A JSON pointer, since a name that begins with $ would be taken for a path. -#}
{% macro duckdb__property_text(properties, name) -%}
    json_extract_string({{ properties }}, concat('/', replace(replace({{ name }}, '~', '~0'), '/', '~1')))
{%- endmacro %}
