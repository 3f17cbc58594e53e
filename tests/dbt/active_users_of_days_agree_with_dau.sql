-- Two views answer how many users were active on a date, by different ways. If they drifted apart,
-- two dashboards would show two truths.
with days as (

    select *
    from {{ ref('active_users') }}
    where period = 'day'

)

select
    days.period_start as period_start,
    days.active_users as active_users,
    daily.activity_date as activity_date,
    daily.dau as dau
from days
full outer join {{ ref('daily_active_users') }} as daily
    on days.period_start = daily.activity_date
where
    days.period_start is null
    or daily.activity_date is null
    or days.active_users <> daily.dau
