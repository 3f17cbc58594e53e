{% set days = whole_number('alert_report_days', 1) -%}
with alerts as (

    select * from {{ ref('int_alerts') }}

),

scores as (

    select * from {{ ref('int_metric_scores') }}

),

bounds as (

    select {{ add_days('last_complete_date', 1 - days) }} as first_date
    from {{ ref('int_reporting_bounds') }}

),

-- The alerts of a metric may differ in how rarely they fire. The first date is looked up here,
-- where rows are few: databases may look again for each row that they join.
asked as (

    select
        alerts.metric as metric,
        alerts.segment as segment,
        min(alerts.bound) as bound,
        max(bounds.first_date) as first_date
    from alerts
    cross join bounds
    where alerts.rule = 'anomaly'
    group by
        alerts.metric,
        alerts.segment

),

judged as (

    select
        scores.metric as metric,
        scores.segment as segment,
        scores.segment_value as segment_value,
        scores.calendar_date as calendar_date,
        scores.metric_value as metric_value,
        {{ rate_of_log('scores.expected_log', 'scores.denominator') }} as expected,
        {{ rate_of_log(
            'scores.expected_log - asked.bound * scores.spread_log', 'scores.denominator'
        ) }} as lower_bound,
        {{ rate_of_log(
            'scores.expected_log + asked.bound * scores.spread_log', 'scores.denominator'
        ) }} as upper_bound,
        scores.score as score,
        abs(scores.score) >= asked.bound as is_anomaly
    from scores
    inner join asked
        on
            scores.metric = asked.metric
            and scores.segment = asked.segment
            and scores.calendar_date >= asked.first_date
    where scores.is_complete

)

select
    metric,
    segment,
    segment_value,
    calendar_date as date,
    metric_value as value,
    expected,
    lower_bound as lower,
    upper_bound as upper,
    score,
    is_anomaly
from judged
