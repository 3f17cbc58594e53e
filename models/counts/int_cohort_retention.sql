with retentions as (

    select * from {{ ref('int_retentions') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

counted as (

    select * from {{ ref('agg_retention_cells') }}

),

last_periods as (

    select
        period,
        max(period_index) as last_index
    from periods
    group by period

),

-- of all users every cohort, of the users of a segment's value those in which any of them are
cohorts as (

    select
        'none' as breakdown,
        '' as segment,
        '' as segment_value,
        retentions.retention,
        retentions.period,
        retentions.periods,
        periods.period_start as cohort_start,
        periods.period_index as cohort_index
    from retentions
    inner join periods
        on retentions.period = periods.period
    union all
    select
        'segment' as breakdown,
        counted.segment,
        counted.segment_value,
        retentions.retention,
        retentions.period,
        retentions.periods,
        periods.period_start as cohort_start,
        periods.period_index as cohort_index
    from counted
    inner join retentions
        on counted.retention = retentions.retention
    inner join periods
        on
            retentions.period = periods.period
            and counted.cohort_index = periods.period_index
    where
        counted.breakdown = 'segment'
        and counted.cohort_users > 0

),

cells as (

    select
        cohorts.breakdown,
        cohorts.segment,
        cohorts.segment_value,
        cohorts.retention,
        cohorts.period,
        cohorts.cohort_start,
        cohorts.cohort_index,
        {{ each_number(
            '0', 'least(cohorts.periods, last_periods.last_index - cohorts.cohort_index)'
        ) }} as period_number
    from cohorts
    inner join last_periods
        on cohorts.period = last_periods.period

),

filled as (

    select
        cells.breakdown,
        cells.segment,
        cells.segment_value,
        cells.retention,
        cells.period,
        cells.cohort_start,
        cells.cohort_index,
        cells.period_number,
        periods.is_complete,
        coalesce(counted.cohort_users, 0) as cohort_users,
        coalesce(counted.returned_users, 0) as returned_users,
        coalesce(counted.last_returned_users, 0) as last_returned_users
    from cells
    inner join periods
        on
            cells.period = periods.period
            and cells.cohort_index + cells.period_number = periods.period_index
    left join counted
        on
            {{ same_breakdown('cells', 'counted') }}
            and cells.retention = counted.retention
            and cells.cohort_index = counted.cohort_index
            and cells.period_number = counted.period_number

),

accumulated as (

    select
        breakdown,
        segment,
        segment_value,
        retention,
        period,
        cohort_start,
        period_number,
        is_complete,
        -- the cohort stands in its cell 0
        sum(cohort_users) over (
            partition by breakdown, segment, segment_value, retention, cohort_index
        ) as cohort_users,
        returned_users,
        sum(last_returned_users) over (
            partition by breakdown, segment, segment_value, retention, cohort_index
            order by period_number desc
        ) as later_returned_users
    from filled

),

-- cell 0 is the cohort itself, whatever the return event
sized as (

    select
        breakdown,
        segment,
        segment_value,
        retention,
        period,
        cohort_start,
        period_number,
        cohort_users,
        case when period_number = 0 then cohort_users else returned_users end as retained_users,
        case when period_number = 0 then cohort_users else later_returned_users end
            as retained_users_unbounded,
        is_complete
    from accumulated

)

select
    breakdown,
    segment,
    segment_value,
    retention,
    period,
    cohort_start,
    cast(period_number as bigint) as period_number,
    cast(cohort_users as bigint) as cohort_users,
    cast(retained_users as bigint) as retained_users,
    cast(retained_users_unbounded as bigint) as retained_users_unbounded,
    {{ rate('retained_users', 'cohort_users') }} as retention_rate,
    is_complete
from sized
