{{ config(**shared_view()) }}
{% set weeks = whole_number('anomaly_weeks', 2) -%}
{% set days = whole_number('anomaly_days', 2) -%}
{% set key = ['metric', 'segment', 'segment_value', 'calendar_date'] -%}
with metric_values as (

    select * from {{ ref('int_metric_values') }}

),

-- of a rate of nothing there is none, and a date that still runs is not judged
logs as (

    select
        metric,
        segment,
        segment_value,
        calendar_date,
        {{ log_of_rate('numerator', 'denominator') }} as value_log
    from metric_values
    where
        is_complete
        and denominator > 0

),

week_numbers as (

    select {{ each_number(0, weeks) }} as weeks_before

),

-- each date's value once for itself, and once for each date that it is a weekday before of: no
-- join, whose size databases cannot foresee
weekdays as (

    select
        logs.metric as metric,
        logs.segment as segment,
        logs.segment_value as segment_value,
        {{ add_days('logs.calendar_date', '7 * week_numbers.weeks_before') }} as calendar_date,
        case when week_numbers.weeks_before = 0 then logs.value_log end as value_log,
        case when week_numbers.weeks_before > 0 then logs.value_log end as earlier_log
    from logs
    cross join week_numbers

),

usual as (

    select
        metric,
        segment,
        segment_value,
        calendar_date,
        max(value_log) as value_log,
        {{ median('earlier_log') }} as usual_log
    from weekdays
    group by
        metric,
        segment,
        segment_value,
        calendar_date
    having
        2 * count(earlier_log) >= {{ weeks }}
        and max(value_log) is not null

),

day_numbers as (

    select {{ each_number(0, days) }} as days_before

),

-- how far each date is from what is usual on its weekday, once for itself and once for each date
-- that follows
residuals as (

    select
        usual.metric as metric,
        usual.segment as segment,
        usual.segment_value as segment_value,
        {{ add_days('usual.calendar_date', 'day_numbers.days_before') }} as calendar_date,
        case when day_numbers.days_before = 0 then usual.value_log end as value_log,
        case when day_numbers.days_before = 0 then usual.usual_log end as usual_log,
        case
            when day_numbers.days_before > 0 then usual.value_log - usual.usual_log
        end as earlier_residual
    from usual
    cross join day_numbers

),

-- what grows is above what was usual, week after week: that is no anomaly
shifts as (

    select
        metric,
        segment,
        segment_value,
        calendar_date,
        max(usual_log) + {{ median('earlier_residual') }} as expected_log,
        {{ median('earlier_residual') }} as shift
    from residuals
    group by
        metric,
        segment,
        segment_value,
        calendar_date
    having
        2 * count(earlier_residual) >= {{ days }}
        and max(value_log) is not null

),

distances as (

    select
        shifts.metric as metric,
        shifts.segment as segment,
        shifts.segment_value as segment_value,
        shifts.calendar_date as calendar_date,
        shifts.expected_log as expected_log,
        abs(residuals.earlier_residual - shifts.shift) as distance
    from shifts
    {{ hashed_join() }} residuals
        on {{ same_key('shifts', 'residuals', key) }}
    where coalesce(shifts.shift is not null and residuals.earlier_residual is not null, false)
    {{ end_of_hashed_join() }}

),

-- 1.4826 times the median deviation is the standard deviation of what is distributed normally
deviations as (

    select
        metric,
        segment,
        segment_value,
        calendar_date,
        expected_log,
        cast(1.4826 as {{ type_double() }}) * {{ median('distance') }} as deviation_log
    from distances
    group by
        metric,
        segment,
        segment_value,
        calendar_date,
        expected_log

)

select
    metric,
    segment,
    segment_value,
    calendar_date,
    expected_log,
    deviation_log
from deviations
