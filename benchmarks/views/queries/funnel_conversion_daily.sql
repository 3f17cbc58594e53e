with $funnel_steps, bounds as (
    select min($day) as first_day, max($day) as last_day from raw.events
), calendar as (
    select cast($each_day as date) as day from bounds
), depths as (
    select
        funnel, step, $started_day as day, started_at,
        step = max(step) over (partition by funnel, user_id) as is_furthest
    from steps
), sizes as (
    select 'signup_to_activity' as funnel, 2 as size
    union all select 'signup_to_day_1_activity', 2
    union all select 'view_to_purchase', 4
), counted as (
    select
        funnel, step, day, count(*) as users,
        count(case when is_furthest and step < size and (
            funnel = 'signup_to_activity'
            or funnel = 'signup_to_day_1_activity' and day + 1 >= last_day
            or funnel = 'view_to_purchase' and $deadline_day >= last_day
        ) then 1 end) as open_users
    from depths inner join sizes using (funnel) cross join bounds group by 1, 2, 3
), cells as (
    select
        funnel, day, 1 as step,
        case funnel when 'signup_to_activity' then false when 'signup_to_day_1_activity' then day + 1 < last_day
            else day + 7 < last_day end as is_complete
    from calendar cross join sizes cross join bounds
), all_cells as (
    select funnel, day, step, is_complete from cells
    union all select funnel, day, 2, is_complete from cells
    union all select funnel, day, 3, is_complete from cells where funnel = 'view_to_purchase'
    union all select funnel, day, 4, is_complete from cells where funnel = 'view_to_purchase'
), filled as (
    select funnel, day, step, coalesce(users, 0) as users, coalesce(open_users, 0) as open_users, is_complete
    from all_cells left join counted using (funnel, day, step)
)
select
    funnel, day, step, users,
    cast(users as double precision)
        / nullif(first_value(users) over (partition by funnel, day order by step), 0),
    open_users, is_complete
from filled
