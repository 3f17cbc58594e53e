with user_days as (

    select * from {{ ref('int_user_reference_days') }}

),

-- only the kinds of period that some retention is measured in
retention_periods as (

    select distinct period
    from {{ ref('int_retentions') }}

),

dated as (

    select
        user_days.reference,
        user_days.user_id,
        retention_periods.period,
        {{ period_start_date('retention_periods.period', 'user_days.event_date') }} as period_start
    from user_days
    cross join retention_periods

),

user_periods as (

    select distinct
        reference,
        user_id,
        period,
        {{ period_index('period', 'period_start') }} as period_index
    from dated

)

select
    reference,
    user_id,
    period,
    period_index
from user_periods
