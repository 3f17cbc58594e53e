{#- Properties: the JSON object that comes with an event. -#}

{#- The value of a property as text, as PostgreSQL's ->> gives it: a text without its quotes, anything
    else as JSON; null where the property is missing or null. `property` is an expression, and every
    name is taken as it is. Within an object or array engines differ in spaces and order. -#}
{% macro property_text(properties, property) %}
    {{- return(adapter.dispatch('property_text', 'event_analytics')(properties, property)) -}}
{% endmacro %}

{% macro default__property_text(properties, property) %}
    {{- event_analytics.raise_unsupported('property_text') -}}
{% endmacro %}

{% macro postgres__property_text(properties, property) -%}
    ({{ properties }} ->> {{ property }})
{%- endmacro %}

{% macro duckdb__property_text(properties, property) -%}
    {#- As a JSON pointer, since in a path dots, quotes and brackets would have a meaning. -#}
    json_extract_string(
        {{ properties }}, concat('/', replace(replace({{ property }}, '~', '~0'), '/', '~1'))
    )
{%- endmacro %}


{#- For a select list: a row for each property that is there, with its name. -#}
{% macro each_property(properties) %}
    {{- return(adapter.dispatch('each_property', 'event_analytics')(properties)) -}}
{% endmacro %}

{% macro default__each_property(properties) %}
    {{- event_analytics.raise_unsupported('each_property') -}}
{% endmacro %}

{% macro postgres__each_property(properties) -%}
    jsonb_object_keys({{ properties }})
{%- endmacro %}

{% macro duckdb__each_property(properties) -%}
    unnest(json_keys({{ properties }}))
{%- endmacro %}


{#- The smallest text of a group by the numbers of its characters, whatever the database's collation. -#}
{% macro smallest_text(expression) %}
    {{- return(adapter.dispatch('smallest_text', 'event_analytics')(expression)) -}}
{% endmacro %}

{% macro default__smallest_text(expression) %}
    {{- event_analytics.raise_unsupported('smallest_text') -}}
{% endmacro %}

{% macro postgres__smallest_text(expression) -%}
    min({{ expression }} collate "C")
{%- endmacro %}

{% macro duckdb__smallest_text(expression) -%}
    min({{ expression }})
{%- endmacro %}
