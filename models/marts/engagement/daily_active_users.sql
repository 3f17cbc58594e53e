with daily as (

    select *
    from {{ ref('int_daily_active_users') }}
    where breakdown = 'none'

)

select
    activity_date,
    dau,
    wau,
    mau,
    stickiness
from daily
