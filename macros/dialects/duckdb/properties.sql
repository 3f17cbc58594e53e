{% macro duckdb__json_type() -%}
    json
{%- endmacro %}


{#- What value_text has to look for is seen in the events without reading them as JSON: hardly any has it. -#}
{% macro duckdb__property_text(properties, name) -%}
    {%- set value = event_analytics.property_value(properties, name) -%}
    case
        when contains({{ properties }}, '0.000000') then {{ event_analytics.value_text(value) }}
        else json_extract_string({{ value }}, '$')
    end
{%- endmacro %}


{#- By a JSON pointer, since a name that begins with $ would be taken for a path. -#}
{% macro duckdb__property_value(properties, name) -%}
    json_value({{ properties }}, {{ event_analytics.duckdb_property_pointer(name) }})
{%- endmacro %}


{% macro duckdb_property_pointer(name) -%}
    concat('/', replace(replace({{ name }}, '~', '~0'), '/', '~1'))
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


{% macro duckdb__has_property(properties, name) -%}
    coalesce(
        json_type({{ properties }}, {{ event_analytics.duckdb_property_pointer(name) }}) <> 'NULL',
        false
    )
{%- endmacro %}


{% macro duckdb__each_property(properties) -%}
    unnest(json_keys({{ properties }}))
{%- endmacro %}


{% macro duckdb__smallest_text(expression) -%}
    min({{ expression }})
{%- endmacro %}
