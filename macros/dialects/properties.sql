{#- The type that properties have. -#}
{% macro json_type() %}
    {{- return(adapter.dispatch('json_type', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__json_type() %}
    {{- event_analytics.raise_unsupported('json_type') -}}
{% endmacro %}

{% macro postgres__json_type() -%}
    jsonb
{%- endmacro %}

{% macro duckdb__json_type() -%}
    json
{%- endmacro %}


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

{% macro duckdb__property_text(properties, name) -%}
    json_extract_string({{ properties }}, {{ event_analytics.duckdb_property_pointer(name) }})
{%- endmacro %}

{#- A JSON pointer, since a name that begins with $ would be taken for a path. -#}
{% macro duckdb_property_pointer(name) -%}
    concat('/', replace(replace({{ name }}, '~', '~0'), '/', '~1'))
{%- endmacro %}


{#- The value of the property of that name, a text, as JSON; null for a property that is missing. -#}
{% macro property_value(properties, name) -%}
    {{- return(adapter.dispatch('property_value', 'event_analytics')(properties, name)) -}}
{%- endmacro %}

{% macro default__property_value(properties, name) %}
    {{- event_analytics.raise_unsupported('property_value') -}}
{% endmacro %}

{% macro postgres__property_value(properties, name) -%}
    ({{ properties }} -> {{ event_analytics.text_literal(name) }})
{%- endmacro %}

{% macro duckdb__property_value(properties, name) -%}
    json_extract({{ properties }}, {{ event_analytics.text_literal(
        '/' ~ name | replace('~', '~0') | replace('/', '~1')
    ) }})
{%- endmacro %}


{#- A property_value as text, as in property_text; null for an object or a list too, which each database
    writes in a way of its own as text. -#}
{% macro scalar_text(value) -%}
    {{- return(adapter.dispatch('scalar_text', 'event_analytics')(value)) -}}
{%- endmacro %}

{% macro default__scalar_text(value) %}
    {{- event_analytics.raise_unsupported('scalar_text') -}}
{% endmacro %}

{% macro postgres__scalar_text(value) -%}
    case when jsonb_typeof({{ value }}) not in ('object', 'array') then {{ value }} #>> '{}' end
{%- endmacro %}

{% macro duckdb__scalar_text(value) -%}
    case when json_type({{ value }}) not in ('OBJECT', 'ARRAY') then json_extract_string({{ value }}, '$') end
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
