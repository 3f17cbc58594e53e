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


{#- The other way round: the rate of a logarithm, to six digits after the point, and never below 0. A count is far less
    than e to the power of 40, and databases stop where numbers are beyond theirs. -#}
{% macro rate_of_log(log, denominator) -%}
    floor(1000000 * greatest(
        exp(least(greatest({{ log }}, -40000000000), 40000000000) / 1000000000)
        - cast(1 as {{ event_analytics.type_double() }}) / {{ denominator }},
        0
    ) + 0.5) / 1000000
{%- endmacro %}


{#- The longest period that a change may be asked of, in days. -#}
{% macro most_alert_days() -%}
    {{- return(183) -}}
{%- endmacro %}
