{% macro postgres__each_date(first_date, last_date) -%}
    {#- As timestamps without a zone: a date would become an instant in the session's time zone. -#}
    cast(
        generate_series(
            cast({{ first_date }} as timestamp), cast({{ last_date }} as timestamp), interval '1 day'
        ) as date
    )
{%- endmacro %}


{% macro postgres__each_number(first_number, last_number) -%}
    generate_series(cast({{ first_number }} as bigint), cast({{ last_number }} as bigint))
{%- endmacro %}
