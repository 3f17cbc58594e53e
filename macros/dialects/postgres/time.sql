{% macro postgres__local_time(instant, zone) -%}
    ({{ instant }} at time zone '{{ zone }}')
{%- endmacro %}


{% macro postgres__add_seconds(instant, seconds) -%}
    ({{ instant }} + {{ seconds }} * interval '1 second')
{%- endmacro %}


{% macro postgres__microseconds_between(earlier, later) -%}
    cast(extract(epoch from ({{ later }} - {{ earlier }})) * 1000000 as bigint)
{%- endmacro %}


{#- PostgreSQL adds integers to dates, but no bigints. -#}
{% macro postgres__add_days(calendar_date, days) -%}
    ({{ calendar_date }} + cast({{ days }} as integer))
{%- endmacro %}
