with retentions as (

    select * from {{ ref('int_retentions') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

cohorts as (

    select * from {{ ref('int_retention_cohorts') }}

),

returns as (

    select * from {{ ref('int_retention_returns') }}

),

cohort_sizes as (

    select
        retention,
        cohort_index,
        count(*) as cohort_users
    from cohorts
    group by
        retention,
        cohort_index

),

-- any kind of period has at most as many periods as there are days
period_numbers as (

    select period_index as period_number
    from periods
    where period = 'day'

),

cells as (

    select
        retentions.retention,
        retentions.period,
        cohort_periods.period_start as cohort_start,
        cohort_periods.period_index as cohort_index,
        period_numbers.period_number,
        return_periods.is_complete
    from retentions
    inner join period_numbers
        on retentions.periods >= period_numbers.period_number
    inner join periods as cohort_periods
        on retentions.period = cohort_periods.period
    inner join periods as return_periods
        on
            retentions.period = return_periods.period
            and return_periods.period_index = cohort_periods.period_index + period_numbers.period_number

),

filled as (

    select
        cells.retention,
        cells.period,
        cells.cohort_start,
        cells.cohort_index,
        cells.period_number,
        cells.is_complete,
        coalesce(cohort_sizes.cohort_users, 0) as cohort_users,
        coalesce(returns.returned_users, 0) as returned_users,
        coalesce(returns.last_returned_users, 0) as last_returned_users
    from cells
    left join cohort_sizes
        on
            cells.retention = cohort_sizes.retention
            and cells.cohort_index = cohort_sizes.cohort_index
    left join returns
        on
            cells.retention = returns.retention
            and cells.cohort_index = returns.cohort_index
            and cells.period_number = returns.period_number

),

accumulated as (

    select
        retention,
        period,
        cohort_start,
        period_number,
        is_complete,
        cohort_users,
        returned_users,
        sum(last_returned_users) over (
            partition by retention, cohort_index
            order by period_number desc
        ) as later_returned_users
    from filled

),

-- cell 0 is the cohort itself, whatever the return event
sized as (

    select
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
    retention,
    period,
    cohort_start,
    cast(period_number as bigint) as period_number,
    cohort_users,
    retained_users,
    cast(retained_users_unbounded as bigint) as retained_users_unbounded,
    {{ event_analytics.rate('retained_users', 'cohort_users') }} as retention_rate,
    is_complete
from sized
