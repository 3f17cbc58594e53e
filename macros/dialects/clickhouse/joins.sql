{#- A query of its own is asked once, and is a constant, by which parts of a table need not be read. -#}
{% macro clickhouse__join_one_row(relation) -%}
{%- endmacro %}


{% macro clickhouse__of_one_row(relation, column, where) -%}
    (
        select one_row.{{ column }}
        from {{ relation }} as one_row
        {% if where %}where {{ where }}{% endif %}
    )
{%- endmacro %}


{#- A left join needs an equality, if only one that is always true. -#}
{% macro clickhouse__in_churn_window(days_inactive, churn_windows) -%}
    toUInt8({{ days_inactive }} is not null) = toUInt8({{ churn_windows }}.min_days_inactive is not null)
    and {{ event_analytics.default__in_churn_window(days_inactive, churn_windows) }}
{%- endmacro %}
