{#- Time: what differs between databases. Each macro takes and returns SQL expressions. -#}

{#- What the clocks of a time zone, reporting_timezone unless it is named, show at an instant, as a timestamp
    without a zone. -#}
{% macro local_time(instant, zone=none) %}
    {{- return(adapter.dispatch('local_time', 'event_analytics')(
        instant, event_analytics.database_timezone(zone)
    )) -}}
{% endmacro %}

{% macro default__local_time(instant, zone) %}
    {{- event_analytics.raise_unsupported('local_time') -}}
{% endmacro %}

{% macro postgres__local_time(instant, zone) -%}
    ({{ instant }} at time zone '{{ zone }}')
{%- endmacro %}

{% macro duckdb__local_time(instant, zone) -%}
    {%- if zone == 'UTC' -%}
        {#- Same result without the calendar library, which costs several times as much per row. -#}
        make_timestamp(epoch_us({{ instant }}))
    {%- else -%}
        ({{ instant }} at time zone '{{ zone }}')
    {%- endif -%}
{%- endmacro %}


{#- The calendar date of an instant there. -#}
{% macro local_date(instant, zone=none) -%}
    cast({{ event_analytics.local_time(instant, zone) }} as date)
{%- endmacro %}


{#- The instant at which a calendar date begins there, and those before it are over. Where clocks go back, a
    midnight may come twice: databases take the second one, which is right if the hour before it is repeated, but
    not if it is the hour after it that comes again. Where a clock has no midnight, it is when that is left out. -#}
{% macro local_midnight(calendar_date, zone=none) -%}
    {%- set zone = event_analytics.database_timezone(zone) -%}
    {%- set midnight = 'cast(' ~ calendar_date ~ ' as timestamp)' -%}
    {%- if zone == 'UTC' -%}
        ({{ midnight }} at time zone 'UTC')
    {%- else -%}
        {#- in timestamps without a zone, whose differences need no session and so are constants of constants -#}
        {%- set last_midnight = "((" ~ midnight ~ " at time zone '" ~ zone ~ "') at time zone 'UTC')" -%}
        {%- set moment_before = '((' ~ last_midnight ~ " - interval '1 microsecond') at time zone 'UTC')" -%}
        {#- less than nothing where the date before was left out -#}
        {%- set repeated = 'greatest(' ~ event_analytics.local_time(moment_before, zone)
            ~ " + interval '1 microsecond' - " ~ midnight ~ ", interval '0 seconds')" -%}
        (({{ last_midnight }} - {{ repeated }}) at time zone 'UTC')
    {%- endif -%}
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
