{#- Periods: days, weeks and months, as expressions over a calendar date. -#}

{#- The first date of the week that a date lies in, weeks starting as week_start says. -#}
{% macro week_start_date(calendar_date) -%}
    {%- if event_analytics.week_start_offset() == 1 -%}
        {{ event_analytics.monday_of(calendar_date) }}
    {%- else -%}
        {#- Sunday is the day before the Monday of the next day's week -#}
        {{ event_analytics.add_days(event_analytics.monday_of(event_analytics.add_days(calendar_date, 1)), -1) }}
    {%- endif -%}
{%- endmacro %}


{#- The first date of the month that a date lies in. -#}
{% macro month_start_date(calendar_date) -%}
    {{- event_analytics.first_of_month(calendar_date) -}}
{%- endmacro %}


{#- The last date of the month that begins on a date. -#}
{% macro month_end_date(month_start) -%}
    {%- set in_next_month = event_analytics.add_days(month_start, 31) -%}
    {{- event_analytics.add_days(event_analytics.first_of_month(in_next_month), -1) -}}
{%- endmacro %}


{#- A number that grows by one from each period to the next, from any date of a period; period is an
    expression: day, week or month. Differences of it are numbers of periods. -#}
{% macro period_index(period, calendar_date) -%}
    {#- 1899-12-31 is a Sunday and the day after it a Monday, so either kind of week begins on a whole
        number of weeks after one of them; in floating point because engines divide integers
        differently. -#}
    {%- set days = event_analytics.days_between(
        "cast('1899-12-31' as " ~ event_analytics.type_date() ~ ")", calendar_date
    ) -%}
    case {{ period }}
        when 'day' then {{ days }}
        when 'week' then cast(floor(
            cast({{ days }} - {{ event_analytics.week_start_offset() }} as {{ event_analytics.type_double() }}) / 7
        ) as bigint)
        when 'month' then cast(
            extract(year from {{ calendar_date }}) * 12 + extract(month from {{ calendar_date }}) as bigint
        )
    end
{%- endmacro %}
