-- New, retained and resurrected users are the active ones, and those of a period who are not retained in the
-- next one are dormant there.
with lifecycle as (

    select
        user_lifecycle.*,
        lag(active_users) over (partition by period order by period_start) as previous_active_users
    from {{ ref('user_lifecycle') }} as user_lifecycle

)

select
    lifecycle.*,
    active_users.active_users as counted_active_users
from lifecycle
full outer join {{ ref('active_users') }} as active_users
    on
        lifecycle.period = active_users.period
        and lifecycle.period_start = active_users.period_start
where
    lifecycle.period is null
    or active_users.period is null
    or lifecycle.active_users <> active_users.active_users
    or lifecycle.is_complete <> active_users.is_complete
    or lifecycle.dormant_users <> coalesce(lifecycle.previous_active_users, 0) - lifecycle.retained_users
