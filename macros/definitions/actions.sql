{#- Whether an event does what one row of seeds/actions.csv asks for, never null. A missing property is not equal
    to anything, nor is an object or a list: equals and contains fail on it, not_equals holds. So of equals and
    not_equals one holds for every event. -#}
{% macro action_row_holds(properties, property, operator, value) -%}
    {%- set text = event_analytics.property_text(properties, property) -%}
    case
        when {{ property }} is null then true
        when {{ operator }} = 'exists' then {{ event_analytics.has_property(properties, property) }}
        when {{ operator }} = 'equals' then coalesce({{ text }} = {{ value }}, false)
        when {{ operator }} = 'not_equals' then coalesce({{ text }} <> {{ value }}, true)
        when {{ operator }} = 'contains' then coalesce({{ event_analytics.contains_text(text, value) }}, false)
        else false
    end
{%- endmacro %}
