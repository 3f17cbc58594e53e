{#- Times are counts of microseconds of UTC. What clocks show is such a count as well, moved by their offset. -#}

{% macro clickhouse__local_time(instant, zone) -%}
    {%- if zone == 'UTC' -%}
        {{ instant }}
    {%- else -%}
        addSeconds({{ instant }}, timezoneOffset(toTimeZone({{ instant }}, '{{ zone }}')))
    {%- endif -%}
{%- endmacro %}


{% macro clickhouse__local_date(instant, zone) -%}
    toDate32({{ instant }}, '{{ event_analytics.database_timezone(zone) }}')
{%- endmacro %}


{#- By the offset of the day after, if that holds from then on, unless the clock goes back to midnight just then: it
    came before that, by the offset of the day before. So it did where the midnight is left out, of which that offset
    makes the instant when that happens. -#}
{% macro clickhouse__local_midnight(calendar_date, zone) -%}
    {%- set midnight = "toDateTime64(" ~ calendar_date ~ ", 6, 'UTC')" -%}
    {%- if zone == 'UTC' -%}
        {{ midnight }}
    {%- else -%}
        {%- set before = event_analytics.clickhouse_offset('addDays(' ~ midnight ~ ', -1)', zone) -%}
        {%- set after = event_analytics.clickhouse_offset('addDays(' ~ midnight ~ ', 1)', zone) -%}
        {%- set by_after = 'addSeconds(' ~ midnight ~ ', -' ~ after ~ ')' -%}
        if(
            {{ event_analytics.clickhouse_offset(by_after, zone) }} = {{ after }}
            and (
                {{ event_analytics.clickhouse_offset('addMicroseconds(' ~ by_after ~ ', -1)', zone) }} = {{ after }}
                or {{ after }} > {{ before }}
            ),
            {{ by_after }},
            addSeconds({{ midnight }}, -{{ before }})
        )
    {%- endif -%}
{%- endmacro %}


{#- Seconds by which clocks of a zone are ahead of UTC at an instant. -#}
{% macro clickhouse_offset(instant, zone) -%}
    timezoneOffset(toTimeZone({{ instant }}, '{{ zone }}'))
{%- endmacro %}


{% macro clickhouse__add_seconds(instant, seconds) -%}
    addSeconds({{ instant }}, {{ seconds }})
{%- endmacro %}


{% macro clickhouse__microseconds_between(earlier, later) -%}
    (toUnixTimestamp64Micro({{ later }}) - toUnixTimestamp64Micro({{ earlier }}))
{%- endmacro %}


{% macro clickhouse__add_days(calendar_date, days) -%}
    addDays({{ calendar_date }}, {{ days }})
{%- endmacro %}


{% macro clickhouse__days_between(earlier, later) -%}
    (toInt64(toInt32({{ later }})) - toInt64(toInt32({{ earlier }})))
{%- endmacro %}


{% macro clickhouse__monday_of(calendar_date) -%}
    addDays({{ calendar_date }}, 1 - toDayOfWeek({{ calendar_date }}))
{%- endmacro %}


{% macro clickhouse__first_of_month(calendar_date) -%}
    addDays({{ calendar_date }}, 1 - toDayOfMonth({{ calendar_date }}))
{%- endmacro %}


{% macro clickhouse__microsecond_before(instant) -%}
    addMicroseconds({{ instant }}, -1)
{%- endmacro %}
