{{ config(**shared_view()) }}
{% set weeks = whole_number('anomaly_weeks', 2) -%}
{% set days = whole_number('anomaly_days', 2) -%}
{% set least_percent = whole_number('anomaly_least_percent', 1) -%}
{% set series = ['metric', 'segment', 'segment_value'] -%}
{% set key = series + ['calendar_date'] -%}
with metric_values as (

    select * from {{ ref('int_metric_values') }}
    where is_complete

),

-- of a rate of nothing there is none
logs as (

    select
        metric,
        segment,
        segment_value,
        calendar_date,
        denominator,
        {{ log_of_rate('numerator', 'denominator') }} as value_log
    from metric_values
    where denominator > 0

),

week_numbers as (

    select {{ each_number(1, weeks) }} as weeks_before

),

-- each date's value once for each date that it is a weekday before of
earlier_weekdays as (

    select
        logs.metric as metric,
        logs.segment as segment,
        logs.segment_value as segment_value,
        {{ add_days('logs.calendar_date', '7 * week_numbers.weeks_before') }} as calendar_date,
        logs.value_log as value_log
    from logs
    cross join week_numbers

),

weekdays as (

    select
        metric,
        segment,
        segment_value,
        calendar_date,
        {{ median('value_log') }} as usual_log
    from earlier_weekdays
    group by
        metric,
        segment,
        segment_value,
        calendar_date
    having 2 * count(*) >= {{ weeks }}

),

-- how far each date is from what is usual on its weekday
residuals as (

    select
        logs.metric as metric,
        logs.segment as segment,
        logs.segment_value as segment_value,
        logs.calendar_date as calendar_date,
        logs.denominator as denominator,
        logs.value_log as value_log,
        weekdays.usual_log as usual_log,
        logs.value_log - weekdays.usual_log as residual
    from logs
    inner join weekdays
        on {{ same_key('logs', 'weekdays', key) }}

),

day_numbers as (

    select {{ each_number(1, days) }} as days_before

),

earlier_residuals as (

    select
        residuals.metric as metric,
        residuals.segment as segment,
        residuals.segment_value as segment_value,
        {{ add_days('residuals.calendar_date', 'day_numbers.days_before') }} as calendar_date,
        residuals.residual as residual
    from residuals
    cross join day_numbers

),

-- what grows is above what was usual, week after week: that is no anomaly
shifts as (

    select
        metric,
        segment,
        segment_value,
        calendar_date,
        {{ median('residual') }} as shift
    from earlier_residuals
    group by
        metric,
        segment,
        segment_value,
        calendar_date
    having 2 * count(*) >= {{ days }}

),

deviations as (

    select
        shifts.metric as metric,
        shifts.segment as segment,
        shifts.segment_value as segment_value,
        shifts.calendar_date as calendar_date,
        shifts.shift as shift,
        {{ median('abs(earlier_residuals.residual - shifts.shift)') }} as deviation
    from shifts
    inner join earlier_residuals
        on {{ same_key('shifts', 'earlier_residuals', key) }}
    group by
        shifts.metric,
        shifts.segment,
        shifts.segment_value,
        shifts.calendar_date,
        shifts.shift

),

expected as (

    select
        residuals.metric as metric,
        residuals.segment as segment,
        residuals.segment_value as segment_value,
        residuals.calendar_date as calendar_date,
        residuals.value_log as value_log,
        residuals.usual_log + deviations.shift as expected_log,
        deviations.deviation as deviation,
        exp(least(residuals.usual_log + deviations.shift, 40000000000) / 1000000000)
        * residuals.denominator as expected_count
    from residuals
    inner join deviations
        on {{ same_key('residuals', 'deviations', key) }}

),

-- 1.4826 times the median deviation is the standard deviation of what is distributed normally. It may be small by
-- chance, or where nothing ever happened; but counts of independent users vary by their square root, at least, and
-- days are never quite alike.
spread as (

    select
        metric,
        segment,
        segment_value,
        calendar_date,
        value_log,
        expected_log,
        greatest(
            cast(1.4826 as {{ type_double() }}) * deviation,
            floor(1000000000 / sqrt(greatest(expected_count, 1)) + 0.5),
            {{ least_percent * 10000000 }}
        ) as spread_log
    from expected

)

select
    metric_values.metric as metric,
    metric_values.segment as segment,
    metric_values.segment_value as segment_value,
    metric_values.calendar_date as calendar_date,
    {{ rate('metric_values.numerator', 'metric_values.denominator') }} as metric_value,
    metric_values.denominator as denominator,
    spread.expected_log as expected_log,
    spread.spread_log as spread_log,
    (spread.value_log - spread.expected_log) / spread.spread_log as score
from metric_values
left join spread
    on {{ same_key('metric_values', 'spread', key) }}
