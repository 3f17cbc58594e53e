{#- In an array, without which there is no row. -#}

{% macro clickhouse__each_date(first_date, last_date) -%}
    arrayJoin(arrayMap(
        day -> toDate32(toInt32(day)),
        {{ event_analytics.clickhouse_range(
            'toInt32(' ~ first_date ~ ')', 'toInt32(' ~ last_date ~ ')'
        ) }}
    ))
{%- endmacro %}


{% macro clickhouse__each_number(first_number, last_number) -%}
    arrayJoin({{ event_analytics.clickhouse_range(first_number, last_number) }})
{%- endmacro %}


{#- Whole numbers from the first to the last one, both included; none where either is null. -#}
{% macro clickhouse_range(first_number, last_number) -%}
    range(
        coalesce(toInt64({{ first_number }}), 1),
        if(({{ first_number }}) is null, 0, coalesce(toInt64({{ last_number }}), -9223372036854775807)) + 1
    )
{%- endmacro %}
