{{ config(**rollup_step()) }}
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
        user_id,
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
unioned as (

    select
        retention,
        user_id,
        cohort_index,
        cast(0 as bigint) as period_number,
        true as is_entry,
        false as is_return,
        false as is_last_return
    from cohorts
    union all
    select
        retention,
        user_id,
        cohort_index,
        least(period_number, periods) as period_number,
        false as is_entry,
        period_number <= periods as is_return,
        is_last_return
    from ranked
    where
        period_number <= periods
        or is_last_return

)

select
    retention,
    user_id,
    cohort_index,
    period_number,
    is_entry,
    is_return,
    is_last_return
from unioned
