with retentions as (

    select * from {{ ref('int_retentions') }}

),

user_periods as (

    select * from {{ ref('int_user_reference_periods') }}

),

entries as (

    select
        retentions.retention,
        retentions.cohort_kind,
        user_periods.user_id,
        user_periods.period_index
    from retentions
    inner join user_periods
        on
            retentions.cohort_event = user_periods.reference
            and retentions.period = user_periods.period

),

first_entries as (

    select
        retention,
        user_id,
        min(period_index) as cohort_index
    from entries
    where cohort_kind = 'first_time'
    group by
        retention,
        user_id

),

recurring_entries as (

    select
        retention,
        user_id,
        period_index as cohort_index
    from entries
    where cohort_kind = 'recurring'

),

unioned as (

    select * from first_entries
    union all
    select * from recurring_entries

)

select
    retention,
    user_id,
    cohort_index
from unioned
