{{ config(pre_hook="{{ event_analytics.create_forecasts() }}", **shared_view()) }}
{% set least_percent = whole_number('anomaly_least_percent', 1) -%}
{% set key = ['metric', 'segment', 'segment_value', 'calendar_date'] -%}
with metric_values as (

    select * from {{ ref('int_metric_values') }}

),

expectations as (

    select * from {{ expectations_of_metrics(ref('int_weekday_expectations')) }}

),

expected as (

    select
        metric_values.metric as metric,
        metric_values.segment as segment,
        metric_values.segment_value as segment_value,
        metric_values.calendar_date as calendar_date,
        metric_values.numerator as numerator,
        metric_values.denominator as denominator,
        metric_values.is_complete as is_complete,
        expectations.expected_log as expected_log,
        expectations.deviation_log as deviation_log
    from metric_values
    {{ hashed_left_join() }} expectations
        on {{ same_key('metric_values', 'expectations', key) }}
    where coalesce(metric_values.numerator >= 0, false)
    {{ end_of_hashed_join() }}

),

-- A deviation may be small by chance, or where nothing ever happened; but counts of independent
-- users vary by their square root, at least, and days are never quite alike.
spread as (

    select
        metric,
        segment,
        segment_value,
        calendar_date,
        numerator,
        denominator,
        is_complete,
        expected_log,
        case when expected_log is not null then greatest(
            deviation_log,
            floor(
                1000000000
                / sqrt(greatest({{ exp_of_log('expected_log') }} * denominator, 1))
                + 0.5
            ),
            {{ least_percent * 10000000 }}
        ) end as spread_log
    from expected

)

select
    metric,
    segment,
    segment_value,
    calendar_date,
    {{ rate('numerator', 'denominator') }} as metric_value,
    numerator,
    denominator,
    is_complete,
    expected_log,
    spread_log,
    -- of a rate of nothing nothing was expected; ClickHouse divides by it all the same
    ({{ log_of_rate('numerator', 'greatest(denominator, 1)') }} - expected_log)
    / spread_log as score
from spread
