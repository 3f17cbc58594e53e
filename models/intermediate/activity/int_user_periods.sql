with user_days as (

    select * from {{ ref('int_user_days') }}

),

days as (

    select
        user_id,
        'day' as period,
        activity_date as period_start
    from user_days

),

weeks as (

    select distinct
        user_id,
        'week' as period,
        {{ week_start_date('activity_date') }} as period_start
    from user_days

),

months as (

    select distinct
        user_id,
        'month' as period,
        {{ month_start_date('activity_date') }} as period_start
    from user_days

),

user_periods as (

    select * from days
    union all
    select * from weeks
    union all
    select * from months

)

select
    user_id,
    period,
    period_start
from user_periods
