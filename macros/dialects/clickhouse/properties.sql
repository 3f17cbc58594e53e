{#- Properties are the text that the loader wrote. -#}
{% macro clickhouse__json_type() -%}
    String
{%- endmacro %}


{#- As it stands there, a number that is no whole one lacks what follows a point if that is 0. So it is asked for its
    type, which few events have to be asked for. -#}
{% macro clickhouse__property_text(properties, name) -%}
    {%- set raw = 'JSONExtractRaw(' ~ properties ~ ', ' ~ name ~ ')' -%}
    {%- set first = 'substring(' ~ raw ~ ', 1, 1)' -%}
    multiIf(
        {{ first }} = '"',
        if(
            position({{ raw }}, '\\') = 0,
            substring({{ raw }}, 2, length({{ raw }}) - 2),
            JSONExtractString({{ properties }}, {{ name }})
        ),
        {{ first }} in ('', '{', '[', 'n'),
        null,
        position({{ properties }}, '.') > 0 and JSONType({{ properties }}, {{ name }}) = 'Double',
        {{ event_analytics.clickhouse_double_text(raw) }},
        {{ raw }}
    )
{%- endmacro %}


{#- Numbers nearer to 0 than a millionth are 1.5e-7 here, and 0.00000015 as the loader writes them. -#}
{% macro clickhouse_double_text(raw) -%}
    multiIf(
        position({{ raw }}, 'e-') > 0,
        concat(
            if(startsWith({{ raw }}, '-'), '-', ''),
            '0.',
            repeat('0', toUInt16OrZero(splitByString('e-', {{ raw }})[2]) - 1),
            replaceRegexpAll(splitByString('e-', {{ raw }})[1], '[-.]', '')
        ),
        position({{ raw }}, '.') > 0 or position({{ raw }}, 'e') > 0,
        {{ raw }},
        concat({{ raw }}, '.0')
    )
{%- endmacro %}


{#- Text at once, since a value alone does not say which number it is. -#}
{% macro clickhouse__property_value(properties, name) -%}
    {{- return(event_analytics.property_text(properties, name)) -}}
{%- endmacro %}


{% macro clickhouse__value_text(value) -%}
    {{ value }}
{%- endmacro %}


{% macro clickhouse__has_property(properties, name) -%}
    (JSONExtractRaw({{ properties }}, {{ name }}) not in ('', 'null'))
{%- endmacro %}


{% macro clickhouse__each_property(properties) -%}
    arrayJoin(JSONExtractKeys({{ properties }}))
{%- endmacro %}


{#- Texts are compared by their bytes, whose order is that of their characters. -#}
{% macro clickhouse__smallest_text(expression) -%}
    min({{ expression }})
{%- endmacro %}
