{% macro postgres__json_type() -%}
    jsonb
{%- endmacro %}


{% macro postgres__property_text(properties, name) -%}
    case
        when jsonb_typeof({{ properties }} -> {{ name }}) not in ('object', 'array')
            then {{ properties }} ->> {{ name }}
    end
{%- endmacro %}


{#- Text at once, since jsonb takes 1 and 1.0 for the same in a grouping. -#}
{% macro postgres__property_value(properties, name) -%}
    {{- return(event_analytics.property_text(properties, name)) -}}
{%- endmacro %}


{% macro postgres__value_text(value) -%}
    {{ value }}
{%- endmacro %}


{% macro postgres__has_property(properties, name) -%}
    coalesce(jsonb_typeof({{ properties }} -> {{ name }}) <> 'null', false)
{%- endmacro %}


{% macro postgres__each_property(properties) -%}
    jsonb_object_keys({{ properties }})
{%- endmacro %}


{% macro postgres__smallest_text(expression) -%}
    -- in the collation of all other texts again
    min({{ expression }} collate "C") collate "default"
{%- endmacro %}
