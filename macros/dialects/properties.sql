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


{#- The value of one property as text: text without quotes, and numbers, true and false as the loader writes
    them. Null for a property that is missing or is JSON's null, and for an object or a list, which each database
    writes in a way of its own. The name is an expression, and any text may be one. -#}
{% macro property_text(properties, name) -%}
    {{- return(adapter.dispatch('property_text', 'event_analytics')(properties, name)) -}}
{%- endmacro %}

{% macro default__property_text(properties, name) %}
    {{- event_analytics.raise_unsupported('property_text') -}}
{% endmacro %}

{% macro postgres__property_text(properties, name) -%}
    case
        when jsonb_typeof({{ properties }} -> {{ name }}) not in ('object', 'array')
            then {{ properties }} ->> {{ name }}
    end
{%- endmacro %}

{#- What value_text has to look for is seen in the events without reading them as JSON: hardly any has it. -#}
{% macro duckdb__property_text(properties, name) -%}
    {%- set value = event_analytics.property_value(properties, name) -%}
    case
        when contains({{ properties }}, '0.000000') then {{ event_analytics.value_text(value) }}
        else json_extract_string({{ value }}, '$')
    end
{%- endmacro %}


{#- The same value as the database has it at hand, for value_text in a later step: null where the text is. -#}
{% macro property_value(properties, name) -%}
    {{- return(adapter.dispatch('property_value', 'event_analytics')(properties, name)) -}}
{%- endmacro %}

{% macro default__property_value(properties, name) %}
    {{- event_analytics.raise_unsupported('property_value') -}}
{% endmacro %}

{#- Text at once, since jsonb takes 1 and 1.0 for the same in a grouping. -#}
{% macro postgres__property_value(properties, name) -%}
    {{- return(event_analytics.property_text(properties, name)) -}}
{%- endmacro %}

{#- By a JSON pointer, since a name that begins with $ would be taken for a path. -#}
{% macro duckdb__property_value(properties, name) -%}
    json_value({{ properties }}, {{ event_analytics.duckdb_property_pointer(name) }})
{%- endmacro %}

{% macro duckdb_property_pointer(name) -%}
    concat('/', replace(replace({{ name }}, '~', '~0'), '/', '~1'))
{%- endmacro %}


{#- The text of a property_value. -#}
{% macro value_text(value) -%}
    {{- return(adapter.dispatch('value_text', 'event_analytics')(value)) -}}
{%- endmacro %}

{% macro default__value_text(value) %}
    {{- event_analytics.raise_unsupported('value_text') -}}
{% endmacro %}

{% macro postgres__value_text(value) -%}
    {{ value }}
{%- endmacro %}

{#- DuckDB writes numbers nearer to 0 than a millionth as 1.5e-7, the loader and PostgreSQL as 0.00000015. -#}
{% macro duckdb__value_text(value) -%}
    case
        when contains({{ value }}, 'e-') and json_type({{ value }}) = 'DOUBLE'
            then concat(
                case when starts_with({{ value }}, '-') then '-' end,
                '0.',
                repeat('0', cast(split_part({{ value }}, 'e-', 2) as bigint) - 1),
                regexp_replace(split_part({{ value }}, 'e-', 1), '[-.]', '', 'g')
            )
        else json_extract_string({{ value }}, '$')
    end
{%- endmacro %}


{#- Whether a property is there and is not JSON's null, never null itself. -#}
{% macro has_property(properties, name) -%}
    {{- return(adapter.dispatch('has_property', 'event_analytics')(properties, name)) -}}
{%- endmacro %}

{% macro default__has_property(properties, name) %}
    {{- event_analytics.raise_unsupported('has_property') -}}
{% endmacro %}

{% macro postgres__has_property(properties, name) -%}
    coalesce(jsonb_typeof({{ properties }} -> {{ name }}) <> 'null', false)
{%- endmacro %}

{% macro duckdb__has_property(properties, name) -%}
    coalesce(
        json_type({{ properties }}, {{ event_analytics.duckdb_property_pointer(name) }}) <> 'NULL',
        false
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
