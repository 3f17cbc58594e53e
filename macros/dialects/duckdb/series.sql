{% macro duckdb__each_date(first_date, last_date) -%}
    cast(unnest(generate_series({{ first_date }}, {{ last_date }}, interval '1 day')) as date)
{%- endmacro %}


{% macro duckdb__each_number(first_number, last_number) -%}
    unnest(generate_series(cast({{ first_number }} as bigint), cast({{ last_number }} as bigint)))
{%- endmacro %}
