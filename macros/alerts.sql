{#- Alerts: what metrics there are to watch, and what the models that judge them share. -#}

{#- What can be watched, by the name of the metric: from which report, and the whole numbers that it is a rate of. A
    count is one of 1, so that all are judged alike. A report is read only if some alert asks for a metric of it. -#}
{% macro alert_metrics() %}
    {{- return({
        'dau': {'report': 'users', 'numerator': 'dau', 'denominator': '1'},
        'wau': {'report': 'users', 'numerator': 'wau', 'denominator': '1'},
        'mau': {'report': 'users', 'numerator': 'mau', 'denominator': '1'},
        'stickiness': {'report': 'users', 'numerator': 'dau', 'denominator': 'mau'},
        'signups': {'report': 'signups', 'numerator': 'signups', 'denominator': '1'},
        'sessions': {'report': 'sessions', 'numerator': 'sessions', 'denominator': '1'},
        'events_per_session': {'report': 'sessions', 'numerator': 'events', 'denominator': 'sessions'},
    }) -}}
{% endmacro %}


{#- The metrics of a report, as a list of SQL texts. -#}
{% macro metrics_of_report(report) -%}
    {%- for name, metric in event_analytics.alert_metrics().items() if metric.report == report -%}
        {{ ', ' if not loop.first }}'{{ name }}'
    {%- endfor -%}
{%- endmacro %}


{#- The reports that alerts ask for, `users_by_segment` among them; all where nobody can be asked. alerts is
    int_alerts. -#}
{% macro reports_of_alerts(alerts) %}
    {%- if not event_analytics.can_be_asked(alerts) -%}
        {{- return(['users', 'users_by_segment', 'signups', 'sessions']) -}}
    {%- endif -%}
    {%- set reports = [] -%}
    {%- for row in run_query('select distinct metric, segment from ' ~ alerts).rows -%}
        {%- do reports.append(
            event_analytics.alert_metrics()[row[0]].report ~ ('_by_segment' if row[1] else '')
        ) -%}
    {%- endfor -%}
    {{- return(reports | unique | sort) -}}
{% endmacro %}


{#- The report that a row of alerts asks for, as SQL. -#}
{% macro report_of_alert(metric, segment) -%}
    case
        {%- for report in ('users', 'signups', 'sessions') %}
        when {{ metric }} in ({{ event_analytics.metrics_of_report(report) }})
            then
                case
                    when {{ segment }} = '' then '{{ report }}'
                    else '{{ report }}_by_segment'
                end
        {%- endfor %}
    end
{%- endmacro %}


{#- The numerator or denominator of the metric of a row, where its report has it. -#}
{% macro part_of_metric(part, report, row) -%}
    case watched.metric
        {%- for name, metric in event_analytics.alert_metrics().items() if metric.report == report %}
        when '{{ name }}' then {{ row ~ '.' ~ metric[part] if metric[part] != '1' else '1' }}
        {%- endfor %}
    end
{%- endmacro %}


{#- Logarithms are whole numbers of billionths: engines compute them alike but for the last binary digits, which sums
    and differences would spread over the others. From here on all is exact, or rounded once. -#}
{% macro log_of_rate(numerator, denominator) -%}
    cast(floor(
        1000000000 * ln(
            cast(1 + {{ numerator }} as {{ event_analytics.type_double() }}) / {{ denominator }}
        ) + 0.5
    ) as bigint)
{%- endmacro %}


{#- The other way round. Any count is far less than e to the power of 40, and databases stop where numbers are beyond
    theirs. -#}
{% macro exp_of_log(log) -%}
    {%- set most -%} cast(40000000000 as {{ event_analytics.type_double() }}) {%- endset -%}
    exp(least(greatest({{ log }}, -{{ most }}), {{ most }}) / 1000000000)
{%- endmacro %}


{#- The rate of a logarithm, to six digits after the point, and never below 0; null of null, which greatest and least
    pass over. -#}
{% macro rate_of_log(log, denominator) -%}
    case when {{ log }} is not null then floor(1000000 * greatest(
        {{ event_analytics.exp_of_log(log) }}
        - cast(1 as {{ event_analytics.type_double() }}) / {{ denominator }},
        0
    ) + 0.5) / 1000000 end
{%- endmacro %}


{#- The longest period that a change may be asked of, in days. -#}
{% macro most_alert_days() -%}
    {{- return(183) -}}
{%- endmacro %}


{#- What was to be expected of each metric on each date: the model that looks at weekdays, or the table that
    `query alerts forecast` fills, as the variable anomaly_detector says. -#}
{% macro expectations_of_metrics(by_weekday) %}
    {{- return(
        event_analytics.metric_forecasts() if event_analytics.forecasts() else by_weekday
    ) -}}
{% endmacro %}


{#- Whether anomalies are judged by forecasts. -#}
{% macro forecasts() %}
    {%- set detector = var('anomaly_detector') | string -%}
    {%- if detector not in ('weekday', 'forecast') -%}
        {{- exceptions.raise_compiler_error(
            "The variable anomaly_detector is '" ~ detector ~ "'; set it to weekday or forecast."
        ) -}}
    {%- endif -%}
    {%- if detector == 'forecast' and target.type not in ('duckdb', 'postgres') -%}
        {{- exceptions.raise_compiler_error(
            "The variable anomaly_detector is forecast, which DuckDB and PostgreSQL alone have. "
            ~ "Set it to weekday."
        ) -}}
    {%- endif -%}
    {{- return(detector == 'forecast') -}}
{% endmacro %}


{#- The table of forecasts, in the schema of the model that asks. -#}
{% macro metric_forecasts() %}
    {{- return(
        api.Relation.create(database=this.database, schema=this.schema, identifier='metric_forecasts')
    ) -}}
{% endmacro %}


{#- Where forecasts are asked for: their table, unless it is there, and a warning while it is empty. Who builds makes
    it, as nobody else needs to create anything in these schemas. -#}
{% macro create_forecasts() %}
    {%- if execute and flags.WHICH in ('run', 'build') and event_analytics.forecasts() -%}
        {%- set table = event_analytics.metric_forecasts() -%}
        {%- set is_there = load_relation(table) is not none -%}
        {%- if not is_there or run_query('select 1 from ' ~ table ~ ' limit 1').rows | length == 0 -%}
            {%- do exceptions.warn(
                "There are no forecasts, so metric_anomalies judges nothing and alerts of rule anomaly "
                ~ "stay silent. After this build run: query alerts forecast"
            ) -%}
        {%- endif -%}
        {%- if not is_there -%}
            {%- do run_query(
                'create table ' ~ table ~ ' (metric text not null, segment text not null, '
                ~ 'segment_value text not null, calendar_date date not null, '
                ~ 'expected_log double precision not null, deviation_log double precision not null)'
            ) -%}
            {%- set handed_over = event_analytics.hand_over(table) -%}
            {%- if handed_over and handed_over | trim -%}
                {%- do run_query(handed_over) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
