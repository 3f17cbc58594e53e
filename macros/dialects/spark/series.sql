{#- A sequence would go backwards where the last value lies before the first. -#}

{% macro spark__each_date(first_date, last_date) -%}
    explode(
        case
            when {{ first_date }} <= {{ last_date }}
                then sequence({{ first_date }}, {{ last_date }}, interval '1' day)
            else cast(array() as array<date>)
        end
    )
{%- endmacro %}


{% macro spark__each_number(first_number, last_number) -%}
    explode(
        case
            when cast({{ first_number }} as bigint) <= cast({{ last_number }} as bigint)
                then sequence(cast({{ first_number }} as bigint), cast({{ last_number }} as bigint))
            else cast(array() as array<bigint>)
        end
    )
{%- endmacro %}
