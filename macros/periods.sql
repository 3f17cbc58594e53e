{#- Periods: days, weeks and months, as expressions over a calendar date. -#}

{#- The first date of the week that a date lies in, weeks starting as week_start says. -#}
{% macro week_start_date(calendar_date) -%}
    {%- if event_analytics.week_start_offset() == 1 -%}
        cast(date_trunc('week', cast({{ calendar_date }} as timestamp)) as date)
    {%- else -%}
        {#- date_trunc knows Monday weeks only, so ask for the next day's week. -#}
        {{ event_analytics.add_days(
            "cast(date_trunc('week', cast(" ~ event_analytics.add_days(calendar_date, 1) ~ " as timestamp)) as date)", -1
        ) }}
    {%- endif -%}
{%- endmacro %}


{#- The first date of the month that a date lies in. -#}
{% macro month_start_date(calendar_date) -%}
    cast(date_trunc('month', cast({{ calendar_date }} as timestamp)) as date)
{%- endmacro %}


{#- A number that grows by one from each period to the next, from any date of a period; period is an
    expression: day, week or month. Differences of it are numbers of periods. -#}
{% macro period_index(period, calendar_date) -%}
    {#- 1899-12-31 is a Sunday and the day after it a Monday, so either kind of week begins on a whole
        number of weeks after one of them; in floating point because engines divide integers
        differently. -#}
    {%- set days = event_analytics.days_between("cast('1899-12-31' as date)", calendar_date) -%}
    case {{ period }}
        when 'day' then {{ days }}
        when 'week' then cast(floor(
            cast({{ days }} - {{ event_analytics.week_start_offset() }} as double precision) / 7
        ) as bigint)
        when 'month' then cast(
            extract(year from {{ calendar_date }}) * 12 + extract(month from {{ calendar_date }}) as bigint
        )
    end
{%- endmacro %}
