{#- Time: what differs between databases. Each macro takes and returns SQL expressions. -#}

{#- The calendar date, in reporting_timezone, of an instant. -#}
{% macro local_date(instant) %}
    {{- return(adapter.dispatch('local_date', 'event_analytics')(instant)) -}}
{% endmacro %}

{% macro default__local_date(instant) %}
    {{- event_analytics.raise_unsupported('local_date') -}}
{% endmacro %}

{% macro postgres__local_date(instant) -%}
    cast(({{ instant }} at time zone '{{ event_analytics.reporting_timezone() }}') as date)
{%- endmacro %}

{% macro duckdb__local_date(instant) -%}
    {%- if event_analytics.reporting_timezone() == 'UTC' -%}
        {#- Same result without the calendar library, which costs several times as much per row. -#}
        cast(make_timestamp(epoch_us({{ instant }})) as date)
    {%- else -%}
        cast(({{ instant }} at time zone '{{ event_analytics.reporting_timezone() }}') as date)
    {%- endif -%}
{%- endmacro %}


{#- The instant at which a calendar date begins in reporting_timezone. -#}
{% macro local_midnight(calendar_date) -%}
    {{- return(adapter.dispatch('local_midnight', 'event_analytics')(calendar_date)) -}}
{%- endmacro %}

{% macro default__local_midnight(calendar_date) -%}
    (cast({{ calendar_date }} as timestamp) at time zone '{{ event_analytics.reporting_timezone() }}')
{%- endmacro %}


{#- An instant plus a number of elapsed seconds; seconds may be an expression, and null gives null. -#}
{% macro add_seconds(instant, seconds) %}
    {{- return(adapter.dispatch('add_seconds', 'event_analytics')(instant, seconds)) -}}
{% endmacro %}

{% macro default__add_seconds(instant, seconds) %}
    {{- event_analytics.raise_unsupported('add_seconds') -}}
{% endmacro %}

{% macro postgres__add_seconds(instant, seconds) -%}
    ({{ instant }} + {{ seconds }} * interval '1 second')
{%- endmacro %}

{% macro duckdb__add_seconds(instant, seconds) -%}
    ({{ instant }} + to_seconds({{ seconds }}))
{%- endmacro %}


{#- Elapsed microseconds between two instants, as a bigint. -#}
{% macro microseconds_between(earlier, later) %}
    {{- return(adapter.dispatch('microseconds_between', 'event_analytics')(earlier, later)) -}}
{% endmacro %}

{% macro default__microseconds_between(earlier, later) %}
    {{- event_analytics.raise_unsupported('microseconds_between') -}}
{% endmacro %}

{% macro postgres__microseconds_between(earlier, later) -%}
    cast(extract(epoch from ({{ later }} - {{ earlier }})) * 1000000 as bigint)
{%- endmacro %}

{% macro duckdb__microseconds_between(earlier, later) -%}
    (epoch_us({{ later }}) - epoch_us({{ earlier }}))
{%- endmacro %}


{#- A calendar date moved by a whole number of days. -#}
{% macro add_days(calendar_date, days) -%}
    {{- return(adapter.dispatch('add_days', 'event_analytics')(calendar_date, days)) -}}
{%- endmacro %}

{% macro default__add_days(calendar_date, days) -%}
    cast({{ calendar_date }} + {{ days }} as date)
{%- endmacro %}

{#- PostgreSQL adds integers to dates, but no bigints. -#}
{% macro postgres__add_days(calendar_date, days) -%}
    ({{ calendar_date }} + cast({{ days }} as integer))
{%- endmacro %}

{% macro duckdb__add_days(calendar_date, days) -%}
    ({{ calendar_date }} + cast({{ days }} as integer))
{%- endmacro %}


{#- Whole days from one calendar date to another, as a bigint. -#}
{% macro days_between(earlier, later) -%}
    {{- return(adapter.dispatch('days_between', 'event_analytics')(earlier, later)) -}}
{%- endmacro %}

{% macro default__days_between(earlier, later) -%}
    cast({{ later }} - {{ earlier }} as bigint)
{%- endmacro %}
