with alerts as (

    select * from {{ ref('int_alerts') }}

),

metric_values as (

    select * from {{ ref('int_metric_values') }}

),

scores as (

    select * from {{ ref('int_metric_scores') }}

),

bounds as (

    select last_complete_date
    from {{ ref('int_reporting_bounds') }}

),

-- what there is to judge: who has had no users for weeks is not asked about
judged as (

    select
        alerts.alert as alert,
        alerts.rule as rule,
        alerts.metric as metric,
        alerts.segment as segment,
        scores.segment_value as segment_value,
        alerts.direction as direction,
        alerts.bound as asked_bound,
        alerts.days as days,
        alerts.severity as severity,
        alerts.description as description,
        scores.calendar_date as calendar_date,
        scores.metric_value as metric_value,
        scores.denominator as denominator,
        scores.expected_log as expected_log,
        scores.spread_log as spread_log,
        scores.score as score
    from alerts
    inner join scores
        on
            alerts.metric = scores.metric
            and alerts.segment = scores.segment
    inner join bounds
        on scores.calendar_date = bounds.last_complete_date

),

-- the dates of each row's two periods, and the last date with any, which may be one that still runs
looked_back as (

    select
        judged.alert as alert,
        judged.segment as segment,
        judged.segment_value as segment_value,
        {{ days_between('metric_values.calendar_date', 'judged.calendar_date') }} as days_before,
        judged.days as days,
        metric_values.numerator as numerator,
        metric_values.denominator as denominator
    from judged
    inner join metric_values
        on
            judged.metric = metric_values.metric
            and judged.segment = metric_values.segment
            and judged.segment_value = metric_values.segment_value
    where judged.rule in ('change', 'missing')

),

periods as (

    select
        alert,
        segment,
        segment_value,
        sum(case when days_before between 0 and days - 1 then numerator end) as numerator,
        sum(case when days_before between 0 and days - 1 then denominator end) as denominator,
        sum(case when days_before between days and 2 * days - 1 then numerator end) as earlier_numerator,
        sum(case when days_before between days and 2 * days - 1 then denominator end) as earlier_denominator,
        sum(case when days_before between 0 and 2 * days - 1 then 1 end) as dates,
        min(case when numerator > 0 then days_before end) as days_missing,
        max(days_before) + 1 as all_days
    from looked_back
    group by
        alert,
        segment,
        segment_value

),

measured as (

    select
        judged.alert as alert,
        judged.rule as rule,
        judged.metric as metric,
        judged.segment as segment,
        judged.segment_value as segment_value,
        judged.direction as direction,
        judged.asked_bound as asked_bound,
        judged.severity as severity,
        judged.description as description,
        judged.calendar_date as calendar_date,
        judged.denominator as denominator,
        judged.expected_log as expected_log,
        judged.spread_log as spread_log,
        judged.score as score,
        case judged.rule
            when 'change' then {{ rate('periods.numerator', 'periods.denominator') }}
            when 'missing'
                then cast(
                    greatest(coalesce(periods.days_missing, periods.all_days), 0) as {{ type_double() }}
                )
            else judged.metric_value
        end as measured_value,
        case
            when periods.dates = 2 * judged.days
                then {{ rate('periods.earlier_numerator', 'periods.earlier_denominator') }}
        end as earlier_value
    from judged
    left join periods
        on {{ same_key('judged', 'periods', ['alert', 'segment', 'segment_value']) }}

),

-- the bound of each side that may fire; what was 0 has no change in per cent
bounded as (

    select
        *,
        case rule
            when 'anomaly'
                then {{ rate_of_log('expected_log - asked_bound * spread_log', 'denominator') }}
            when 'change' then nullif(earlier_value, 0) * (1 - asked_bound / 100)
            else asked_bound
        end as low,
        case rule
            when 'anomaly'
                then {{ rate_of_log('expected_log + asked_bound * spread_log', 'denominator') }}
            when 'change' then nullif(earlier_value, 0) * (1 + asked_bound / 100)
            else asked_bound
        end as high,
        case rule
            when 'anomaly' then score < 0
            when 'change' then measured_value < earlier_value
        end as is_below
    from measured

),

held_against as (

    select
        alert,
        rule,
        metric,
        segment,
        segment_value,
        calendar_date,
        measured_value,
        case
            when measured_value is null then null
            when direction = 'below' or (direction = 'either' and is_below) then low
            else high
        end as held_bound,
        case
            when rule = 'anomaly'
                then
                    (direction <> 'above' and score <= -asked_bound)
                    or (direction <> 'below' and score >= asked_bound)
            when rule = 'missing' then measured_value >= asked_bound
            else
                (direction <> 'above' and measured_value < low)
                or (direction <> 'below' and measured_value > high)
        end as is_beyond,
        severity,
        description
    from bounded

)

select
    alert,
    rule,
    metric,
    segment,
    segment_value,
    calendar_date as date,
    measured_value as value,
    held_bound as bound,
    case
        when measured_value is not null and held_bound is not null then is_beyond
    end as is_firing,
    severity,
    description
from held_against
