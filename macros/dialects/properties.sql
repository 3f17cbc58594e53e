{#- The type that properties have. -#}
{% macro json_type() %}
    {{- return(adapter.dispatch('json_type', 'event_analytics')()) -}}
{% endmacro %}

{% macro default__json_type() %}
    {{- event_analytics.raise_unsupported('json_type') -}}
{% endmacro %}


{#- The value of one property as text: text without quotes, and numbers, true and false as the loader writes
    them. Null for a property that is missing or is JSON's null, and for an object or a list, which each database
    writes in a way of its own. The name is an expression, and any text may be one. -#}
{% macro property_text(properties, name) -%}
    {{- return(adapter.dispatch('property_text', 'event_analytics')(properties, name)) -}}
{%- endmacro %}

{% macro default__property_text(properties, name) %}
    {{- event_analytics.raise_unsupported('property_text') -}}
{% endmacro %}


{#- The same value as the database has it at hand, for value_text in a later step: null where the text is. -#}
{% macro property_value(properties, name) -%}
    {{- return(adapter.dispatch('property_value', 'event_analytics')(properties, name)) -}}
{%- endmacro %}

{% macro default__property_value(properties, name) %}
    {{- event_analytics.raise_unsupported('property_value') -}}
{% endmacro %}


{#- The text of a property_value. -#}
{% macro value_text(value) -%}
    {{- return(adapter.dispatch('value_text', 'event_analytics')(value)) -}}
{%- endmacro %}

{% macro default__value_text(value) %}
    {{- event_analytics.raise_unsupported('value_text') -}}
{% endmacro %}


{#- Whether a property is there and is not JSON's null, never null itself. -#}
{% macro has_property(properties, name) -%}
    {{- return(adapter.dispatch('has_property', 'event_analytics')(properties, name)) -}}
{%- endmacro %}

{% macro default__has_property(properties, name) %}
    {{- event_analytics.raise_unsupported('has_property') -}}
{% endmacro %}


{#- For a select list: a row for each property that is there, with its name. -#}
{% macro each_property(properties) %}
    {{- return(adapter.dispatch('each_property', 'event_analytics')(properties)) -}}
{% endmacro %}

{% macro default__each_property(properties) %}
    {{- event_analytics.raise_unsupported('each_property') -}}
{% endmacro %}


{#- The smallest text of a group by the numbers of its characters, whatever the database's collation. -#}
{% macro smallest_text(expression) %}
    {{- return(adapter.dispatch('smallest_text', 'event_analytics')(expression)) -}}
{% endmacro %}

{% macro default__smallest_text(expression) %}
    {{- event_analytics.raise_unsupported('smallest_text') -}}
{% endmacro %}
