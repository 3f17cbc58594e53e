with days as (
    select distinct user_id, $day as day from raw.events
), followed as (
    select day, lead(day) over (partition by user_id order by day) as next_day from days
), bounds as (
    select min(day) as first_day, max(day) as last_day from days
), calendar as (
    select cast($each_day as date) as day from bounds
), gaps as (
    select day, next_day, count(*) as users from followed group by 1, 2
), windows as (
    select 'active' as churn_status, 0 as first, 7 as past
    union all select 'soft_churn', 7, 14
    union all select 'churned', 14, 30
    union all select 'hard_churn', 30, null
), changes as (
    select day, churn_status, 0 as users from calendar cross join windows
    union all
    select day + first, churn_status, users
    from gaps inner join windows on next_day is null or day + first < next_day
    union all
    select least(day + past, next_day), churn_status, -users
    from gaps inner join windows on next_day is null or day + first < next_day
), summed as (
    select day, churn_status, sum(sum(users)) over (partition by churn_status order by day) as users
    from changes where day is not null group by 1, 2
)
select day, churn_status, cast(users as bigint) from summed where day <= (select last_day from bounds)
