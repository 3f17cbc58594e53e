with daily as (

    select *
    from {{ ref('int_daily_active_users') }}
    where breakdown = 'segment'

)

select
    segment,
    segment_value,
    activity_date,
    dau,
    wau,
    mau,
    stickiness
from daily
