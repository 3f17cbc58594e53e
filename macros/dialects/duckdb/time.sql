{% macro duckdb__local_time(instant, zone) -%}
    {%- if zone == 'UTC' -%}
        {#- Same result without the calendar library, which costs several times as much per row. -#}
        make_timestamp(epoch_us({{ instant }}))
    {%- else -%}
        ({{ instant }} at time zone '{{ zone }}')
    {%- endif -%}
{%- endmacro %}


{% macro duckdb__add_seconds(instant, seconds) -%}
    ({{ instant }} + to_seconds({{ seconds }}))
{%- endmacro %}


{% macro duckdb__microseconds_between(earlier, later) -%}
    (epoch_us({{ later }}) - epoch_us({{ earlier }}))
{%- endmacro %}


{% macro duckdb__add_days(calendar_date, days) -%}
    ({{ calendar_date }} + cast({{ days }} as integer))
{%- endmacro %}
