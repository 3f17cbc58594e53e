with signups as (

    select * from {{ ref('int_signups') }}

),

-- A signup can move to an earlier date, so it is not kept among the dates that stay.
user_days as (

    select
        reference,
        user_id,
        event_date
    from {{ ref('int_user_reference_days') }}
    union all
    select
        '$signup' as reference,
        user_id,
        signup_date as event_date
    from signups
    where exists (
        select 1 from {{ ref('int_retentions') }} as retentions
        where
            retentions.cohort_event = '$signup'
            or retentions.return_event = '$signup'
    )

),

-- only the kinds of period that some retention is measured in
retention_periods as (

    select distinct period
    from {{ ref('int_retentions') }}

),

-- of days there is one row already
days as (

    select
        user_days.reference,
        user_days.user_id,
        retention_periods.period,
        {{ period_index("'day'", 'user_days.event_date') }} as period_index
    from user_days
    inner join retention_periods
        on retention_periods.period = 'day'

),

weeks_and_months as (

    select distinct
        user_days.reference,
        user_days.user_id,
        retention_periods.period,
        {{ period_index('retention_periods.period', 'user_days.event_date') }} as period_index
    from user_days
    inner join retention_periods
        on retention_periods.period <> 'day'

),

user_periods as (

    select * from days
    union all
    select * from weeks_and_months

)

select
    reference,
    user_id,
    period,
    period_index
from user_periods
