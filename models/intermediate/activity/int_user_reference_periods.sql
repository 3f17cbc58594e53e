with user_days as (

    select * from {{ ref('int_user_reference_days') }}

),

-- only the kinds of period that some retention is measured in
retention_periods as (

    select distinct period
    from {{ ref('int_retentions') }}

),

user_periods as (

    select distinct
        user_days.reference,
        user_days.user_id,
        retention_periods.period,
        {{ period_index('retention_periods.period', 'user_days.event_date') }} as period_index
    from user_days
    cross join retention_periods

)

select
    reference,
    user_id,
    period,
    period_index
from user_periods
