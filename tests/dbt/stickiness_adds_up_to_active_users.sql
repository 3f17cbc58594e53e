-- Each active user of a week or month has one number of active days.
with added as (

    select
        period,
        period_start,
        sum(users) as users
    from {{ ref('stickiness') }}
    group by
        period,
        period_start

),

active_users as (

    select *
    from {{ ref('active_users') }}
    where period in ('week', 'month')

)

select
    active_users.period as period,
    active_users.period_start as period_start,
    active_users.active_users as active_users,
    added.users as users
from active_users
full outer join added
    on
        active_users.period = added.period
        and active_users.period_start = added.period_start
where
    active_users.period is null
    or added.period is null
    or active_users.active_users <> added.users
