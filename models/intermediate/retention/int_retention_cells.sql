{{ config(**rollup_summary()) }}
with retentions as (

    select * from {{ ref('int_retentions') }}

),

cohorts as (

    select * from {{ ref('int_retention_cohorts') }}

),

user_periods as (

    select * from {{ ref('int_user_reference_periods') }}

),

returns as (

    select
        retentions.retention,
        cohorts.user_id,
        cohorts.cohort_index,
        user_periods.period_index - cohorts.cohort_index as period_number,
        retentions.periods
    from retentions
    inner join cohorts
        on retentions.retention = cohorts.retention
    inner join user_periods
        on
            retentions.return_event = user_periods.reference
            and retentions.period = user_periods.period
            and cohorts.user_id = user_periods.user_id
    where user_periods.period_index > cohorts.cohort_index

),

ranked as (

    select
        retention,
        cohort_index,
        period_number,
        periods,
        lead(period_number) over (
            partition by retention, user_id, cohort_index
            order by period_number
        ) is null as is_last_return
    from returns

),

-- The last return says in how many cells a user counts as back "then or later"; one that lies
-- beyond the last cell counts in all of them.
capped as (

    select
        retention,
        cohort_index,
        least(period_number, periods) as period_number,
        period_number <= periods as is_in_a_cell,
        is_last_return
    from ranked

),

counted_returns as (

    select
        retention,
        cohort_index,
        period_number,
        cast(0 as bigint) as cohort_users,
        count(case when is_in_a_cell then 1 end) as returned_users,
        count(case when is_last_return then 1 end) as last_returned_users
    from capped
    group by
        retention,
        cohort_index,
        period_number

),

counted_cohorts as (

    select
        retention,
        cohort_index,
        cast(0 as bigint) as period_number,
        count(*) as cohort_users,
        cast(0 as bigint) as returned_users,
        cast(0 as bigint) as last_returned_users
    from cohorts
    group by
        retention,
        cohort_index

),

unioned as (

    select * from counted_cohorts
    union all
    select * from counted_returns

),

-- a retention of 0 periods has the returns of its only cell in a second row
summed as (

    select
        retention,
        cohort_index,
        period_number,
        cast(sum(cohort_users) as bigint) as cohort_users,
        cast(sum(returned_users) as bigint) as returned_users,
        cast(sum(last_returned_users) as bigint) as last_returned_users
    from unioned
    group by
        retention,
        cohort_index,
        period_number

)

select
    retention,
    cohort_index,
    period_number,
    cohort_users,
    returned_users,
    last_returned_users
from summed
