{{ config(**shared_view()) }}
with retentions as (

    select * from {{ ref('int_retentions') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

counted as (

    select * from {{ ref('agg_retention_cells') }}

),

bounds as (

    select
        period,
        max(period_index) as last_index,
        -- periods end in their order, so that the first that is not over tells all
        min(case when not is_complete then period_index end) as open_index
    from periods
    group by period

),

-- of all users every cohort has every cell
cohorts as (

    select
        retentions.retention as retention,
        retentions.periods as periods,
        periods.period_start as cohort_start,
        periods.period_index as cohort_index,
        bounds.last_index as last_index
    from retentions
    inner join periods
        on retentions.period = periods.period
    inner join bounds
        on retentions.period = bounds.period

),

cells as (

    select
        'none' as breakdown,
        '' as segment,
        '' as segment_value,
        retention,
        cohort_start,
        cohort_index,
        {{ each_number('0', 'least(periods, last_index - cohort_index)') }} as period_number,
        0 as cohort_users,
        0 as returned_users,
        0 as last_returned_users
    from cohorts

),

placed as (

    select
        counted.breakdown as breakdown,
        counted.segment as segment,
        counted.segment_value as segment_value,
        counted.retention as retention,
        cohorts.cohort_start as cohort_start,
        counted.cohort_index as cohort_index,
        counted.period_number as period_number,
        counted.cohort_users as cohort_users,
        counted.returned_users as returned_users,
        counted.last_returned_users as last_returned_users,
        -- of the users of a segment's value, cohorts in which any of them are
        case
            when counted.breakdown = 'segment' and counted.cohort_users > 0
                then least(cohorts.periods, cohorts.last_index - counted.cohort_index)
            else -1
        end as last_cell
    from counted
    inner join cohorts
        on
            counted.retention = cohorts.retention
            and counted.cohort_index = cohorts.cohort_index

),

-- Each count as it is, as cell -1, and the cells of its cohort beside it: in a join PostgreSQL
-- might go through all counts for each of them, as it does not foresee how many there are.
expanded as (

    select
        breakdown,
        segment,
        segment_value,
        retention,
        cohort_start,
        cohort_index,
        period_number,
        cohort_users,
        returned_users,
        last_returned_users,
        {{ each_number('-1', 'last_cell') }} as cell
    from placed

),

unioned as (

    select * from cells
    union all
    select
        breakdown,
        segment,
        segment_value,
        retention,
        cohort_start,
        cohort_index,
        case when cell = -1 then period_number else cell end as period_number,
        case when cell = -1 then cohort_users else 0 end as cohort_users,
        case when cell = -1 then returned_users else 0 end as returned_users,
        case when cell = -1 then last_returned_users else 0 end as last_returned_users
    from expanded

),

filled as (

    select
        breakdown,
        segment,
        segment_value,
        retention,
        cohort_start,
        cohort_index,
        period_number,
        sum(cohort_users) as cohort_users,
        sum(returned_users) as returned_users,
        sum(last_returned_users) as last_returned_users
    from unioned
    group by
        breakdown,
        segment,
        segment_value,
        retention,
        cohort_start,
        cohort_index,
        period_number

),

accumulated as (

    select
        breakdown,
        segment,
        segment_value,
        retention,
        cohort_start,
        cohort_index,
        period_number,
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

dated as (

    select
        accumulated.breakdown as breakdown,
        accumulated.segment as segment,
        accumulated.segment_value as segment_value,
        accumulated.retention as retention,
        retentions.period as period,
        accumulated.cohort_start as cohort_start,
        accumulated.period_number as period_number,
        accumulated.cohort_users as cohort_users,
        accumulated.returned_users as returned_users,
        accumulated.later_returned_users as later_returned_users,
        coalesce(
            accumulated.cohort_index + accumulated.period_number < bounds.open_index, true
        ) as is_complete
    from accumulated
    inner join retentions
        on accumulated.retention = retentions.retention
    inner join bounds
        on retentions.period = bounds.period

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
    from dated

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
