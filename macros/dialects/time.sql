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


{#- The calendar date of an instant there. -#}
{% macro local_date(instant, zone=none) -%}
    {{- return(adapter.dispatch('local_date', 'event_analytics')(instant, zone)) -}}
{%- endmacro %}

{% macro default__local_date(instant, zone) -%}
    cast({{ event_analytics.local_time(instant, zone) }} as date)
{%- endmacro %}


{#- The instant at which a calendar date begins there, and those before it are over. Where clocks go back, a
    midnight may come twice: databases take the second one, which is right if the hour before it is repeated, but
    not if it is the hour after it that comes again. Where a clock has no midnight, it is when that is left out. -#}
{% macro local_midnight(calendar_date, zone=none) -%}
    {{- return(adapter.dispatch('local_midnight', 'event_analytics')(
        calendar_date, event_analytics.database_timezone(zone)
    )) -}}
{%- endmacro %}

{% macro default__local_midnight(calendar_date, zone) -%}
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


{#- Elapsed microseconds between two instants, as a bigint. -#}
{% macro microseconds_between(earlier, later) %}
    {{- return(adapter.dispatch('microseconds_between', 'event_analytics')(earlier, later)) -}}
{% endmacro %}

{% macro default__microseconds_between(earlier, later) %}
    {{- event_analytics.raise_unsupported('microseconds_between') -}}
{% endmacro %}


{#- A calendar date moved by a whole number of days. -#}
{% macro add_days(calendar_date, days) -%}
    {{- return(adapter.dispatch('add_days', 'event_analytics')(calendar_date, days)) -}}
{%- endmacro %}

{% macro default__add_days(calendar_date, days) -%}
    cast({{ calendar_date }} + {{ days }} as date)
{%- endmacro %}


{#- Whole days from one calendar date to another, as a bigint. -#}
{% macro days_between(earlier, later) -%}
    {{- return(adapter.dispatch('days_between', 'event_analytics')(earlier, later)) -}}
{%- endmacro %}

{% macro default__days_between(earlier, later) -%}
    cast({{ later }} - {{ earlier }} as bigint)
{%- endmacro %}


{#- The Monday of the week that a calendar date lies in. -#}
{% macro monday_of(calendar_date) -%}
    {{- return(adapter.dispatch('monday_of', 'event_analytics')(calendar_date)) -}}
{%- endmacro %}

{% macro default__monday_of(calendar_date) -%}
    cast(date_trunc('week', cast({{ calendar_date }} as timestamp)) as date)
{%- endmacro %}


{#- The first date of the month that a calendar date lies in. -#}
{% macro first_of_month(calendar_date) -%}
    {{- return(adapter.dispatch('first_of_month', 'event_analytics')(calendar_date)) -}}
{%- endmacro %}

{% macro default__first_of_month(calendar_date) -%}
    cast(date_trunc('month', cast({{ calendar_date }} as timestamp)) as date)
{%- endmacro %}


{#- The last instant before another one. -#}
{% macro microsecond_before(instant) -%}
    {{- return(adapter.dispatch('microsecond_before', 'event_analytics')(instant)) -}}
{%- endmacro %}

{% macro default__microsecond_before(instant) -%}
    {{ instant }} - interval '1 microsecond'
{%- endmacro %}
