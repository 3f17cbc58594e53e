{#- A count is unsigned, which together with a bigint makes no number. -#}
{% macro clickhouse__row_count(window) -%}
    toInt64(count(*){{ ' over (' ~ window ~ ')' if window is not none }})
{%- endmacro %}


{#- Without a row lag and lead give 0 or an empty text for what cannot be null. -#}
{% macro clickhouse__nullable(value) -%}
    toNullable({{ value }})
{%- endmacro %}


{#- UUIDs come in the order of their second half. -#}
{% macro clickhouse__by_id(id) -%}
    {{ 'toUInt128(' ~ id ~ ')' if event_analytics.event_id_type() | lower == 'uuid' else id }}
{%- endmacro %}


{#- How many rows further on is no null, as it is nobody's who asks for none. -#}
{% macro clickhouse__lead_by(value, rows, window) -%}
    lead(toNullable({{ value }}), toUInt32(assumeNotNull({{ rows }}))) over (
        {{ window }}
    )
{%- endmacro %}
