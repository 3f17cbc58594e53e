{#- Whether an event does what one row of seeds/actions.csv asks for, never null. A missing property
    is not equal to anything: equals and contains fail on it, not_equals holds. -#}
{% macro action_row_holds(properties, property, operator, value) -%}
    {%- set text = event_analytics.property_text(properties, property) -%}
    case
        when {{ property }} is null then true
        when {{ operator }} = 'exists' then {{ text }} is not null
        when {{ operator }} = 'equals' then coalesce({{ text }} = {{ value }}, false)
        when {{ operator }} = 'not_equals' then coalesce({{ text }} <> {{ value }}, true)
        when {{ operator }} = 'contains' then coalesce(strpos({{ text }}, {{ value }}) > 0, false)
        else false
    end
{%- endmacro %}
