{#- Shared expressions that every supported database understands. -#}

{#- A share of two counts: null where the denominator is zero. -#}
{% macro rate(numerator, denominator) -%}
    cast({{ numerator }} as {{ event_analytics.type_double() }}) / nullif({{ denominator }}, 0)
{%- endmacro %}


{#- Whether a number of inactive days lies in the window of a row of churn_windows. -#}
{% macro in_churn_window(days_inactive, churn_windows) -%}
    {{- return(adapter.dispatch('in_churn_window', 'event_analytics')(days_inactive, churn_windows)) -}}
{%- endmacro %}

{% macro default__in_churn_window(days_inactive, churn_windows) -%}
    {{ days_inactive }} >= {{ churn_windows }}.min_days_inactive
    and (
        {{ churn_windows }}.max_days_inactive is null
        or {{ days_inactive }} <= {{ churn_windows }}.max_days_inactive
    )
{%- endmacro %}


{#- A text as an SQL literal. -#}
{% macro text_literal(value) -%}
    {{- return(adapter.dispatch('text_literal', 'event_analytics')(value)) -}}
{%- endmacro %}

{% macro default__text_literal(value) -%}
    '{{ value | string | replace("'", "''") }}'
{%- endmacro %}


{#- Seconds, as a double, from a number of microseconds. One division, so that it is correctly rounded. -#}
{% macro seconds_from_microseconds(microseconds) -%}
    cast({{ microseconds }} as {{ event_analytics.type_double() }}) / 1000000
{%- endmacro %}


{#- A select with one text column and a row for each value of a list, which may be empty. -#}
{% macro text_rows(values, column) -%}
    {%- for value in values %}
    select cast({{ event_analytics.text_literal(value) }} as {{ dbt.type_string() }}) as {{ column }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- else %}
    select cast(null as {{ dbt.type_string() }}) as {{ column }}
    where false
    {%- endfor %}
{%- endmacro %}


{#- Whether two rows have the same key, a list of columns; without any, all rows have. -#}
{% macro same_key(one, other, key) -%}
    {%- for column in key %}
    {{- ' and ' if not loop.first }}{{ one }}.{{ column }} = {{ other }}.{{ column }}
    {%- else %}
    {{- 'true' }}
    {%- endfor %}
{%- endmacro %}
