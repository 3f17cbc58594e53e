{#- Properties are the text that the loader wrote. -#}
{% macro spark__json_type() -%}
    string
{%- endmacro %}


{#- from_json hands out texts without their quotes, and objects and lists as they stand. So a text may look like one of
    these, and only what Spark makes of the value as a variant tells them apart: asked of the few that do. Numbers
    with a point it writes in its own way (1.0E-7): they are read once more, as texts. -#}
{% macro spark__property_text(properties, name) -%}
    {%- set value = event_analytics.spark_property(properties, name) -%}
    case
        when left({{ value }}, 1) in ('{', '[')
            then case
                when
                    schema_of_variant({{ event_analytics.spark_property(properties, name, 'variant') }})
                    = 'STRING'
                    then {{ value }}
            end
        when {{ value }} rlike '^-?[0-9]+[.][0-9]'
            then {{ event_analytics.spark_property(
                event_analytics.spark_with_numbers_as_texts(properties), name
            ) }}
        else {{ value }}
    end
{%- endmacro %}


{#- JSON with each number that has a point in quotes: where the text is split at quotes, every other part is in them.
    Meanwhile control characters, of which there are none in JSON, stand for what is escaped. -#}
{% macro spark_with_numbers_as_texts(properties) -%}
    replace(
        replace(
            array_join(
                transform(
                    split(
                        replace(replace({{ properties }}, '\\\\', char(1)), '\\"', char(2)), '"'
                    ),
                    (part, place) -> if(
                        place % 2 = 0,
                        regexp_replace(part, '(-?[0-9]+[.][0-9]+)', '"$1"'),
                        part
                    )
                ),
                '"'
            ),
            char(2), '\\"'
        ),
        char(1), '\\\\'
    )
{%- endmacro %}


{#- A text at once, since Spark has nothing at hand that is nearer to it. -#}
{% macro spark__property_value(properties, name) -%}
    {{- return(event_analytics.property_text(properties, name)) -}}
{%- endmacro %}


{% macro spark__value_text(value) -%}
    {{ value }}
{%- endmacro %}


{% macro spark__has_property(properties, name) -%}
    ({{ event_analytics.spark_property(properties, name) }} is not null)
{%- endmacro %}


{% macro spark__each_property(properties) -%}
    explode(json_object_keys({{ properties }}))
{%- endmacro %}


{#- Texts are compared by their bytes, whose order is that of their characters. -#}
{% macro spark__smallest_text(expression) -%}
    min({{ expression }})
{%- endmacro %}


{#- The value of a property as a type of Spark's; null for JSON's null, and where there is none. -#}
{% macro spark_property(properties, name, type='string') -%}
    from_json({{ properties }}, 'map<string,{{ type }}>')[{{ name }}]
{%- endmacro %}
