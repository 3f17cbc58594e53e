{#- Clocks of a zone are instants whose UTC clocks show the same, as the sessions of builds and tests are in UTC
    (require_any_text() in sessions.sql sees to it). -#}
{% macro spark__local_time(instant, zone) -%}
    {%- if zone == 'UTC' -%}
        {{ instant }}
    {%- else -%}
        from_utc_timestamp({{ instant }}, '{{ zone }}')
    {%- endif -%}
{%- endmacro %}


{#- In microseconds. Of a midnight that comes twice Spark takes the first. The second one is where the clock of the
    next day, set back, says midnight, too; and if it is the hour after midnight that comes again, not the one before
    it, the first one was right. -#}
{% macro spark__local_midnight(calendar_date, zone) -%}
    {%- set midnight = 'cast(' ~ calendar_date ~ ' as timestamp)' -%}
    {%- if zone == 'UTC' -%}
        {{ midnight }}
    {%- else -%}
        {%- set first = 'to_utc_timestamp(' ~ midnight ~ ", '" ~ zone ~ "')" -%}
        {%- set a_day_later = first ~ " + interval '1' day" -%}
        {%- set second = 'timestamp_micros(unix_micros(' ~ midnight ~ ') + unix_micros(' ~ a_day_later
            ~ ') - unix_micros(from_utc_timestamp(' ~ a_day_later ~ ", '" ~ zone ~ "')))" -%}
        {%- set before_second = 'timestamp_micros(unix_micros(' ~ second ~ ') - 1)' -%}
        case
            when
                {{ second }} > {{ first }}
                and from_utc_timestamp({{ second }}, '{{ zone }}') = {{ midnight }}
                and from_utc_timestamp({{ before_second }}, '{{ zone }}') < {{ midnight }}
                then {{ second }}
            else {{ first }}
        end
    {%- endif -%}
{%- endmacro %}


{% macro spark__add_seconds(instant, seconds) -%}
    timestamp_micros(unix_micros({{ instant }}) + cast({{ seconds }} as bigint) * 1000000)
{%- endmacro %}


{% macro spark__microseconds_between(earlier, later) -%}
    (unix_micros({{ later }}) - unix_micros({{ earlier }}))
{%- endmacro %}


{% macro spark__add_days(calendar_date, days) -%}
    date_add({{ calendar_date }}, cast({{ days }} as int))
{%- endmacro %}


{% macro spark__days_between(earlier, later) -%}
    cast(datediff({{ later }}, {{ earlier }}) as bigint)
{%- endmacro %}


{% macro spark__monday_of(calendar_date) -%}
    trunc({{ calendar_date }}, 'week')
{%- endmacro %}


{% macro spark__first_of_month(calendar_date) -%}
    trunc({{ calendar_date }}, 'month')
{%- endmacro %}
