with days as (
    select distinct user_id, $day as day from raw.events
), followed as (
    select day, lead(day) over (partition by user_id order by day) as next_day from days
), bounds as (
    select min(day) as first_day, max(day) as last_day from days
), calendar as (
    select cast($each_day as date) as day from bounds
), changes as (
    select day, 0 as dau, 0 as wau, 0 as mau from calendar
    union all
    select day, count(*), count(*), count(*) from followed group by day
    union all
    select least(day + 7, next_day), 0, -count(*), 0 from followed group by 1
    union all
    select least(day + 30, next_day), 0, 0, -count(*) from followed group by 1
), summed as (
    select
        day, sum(dau) as dau,
        sum(sum(wau)) over (order by day) as wau, sum(sum(mau)) over (order by day) as mau
    from changes group by day
)
select day, dau, wau, mau, cast(dau as double precision) / nullif(mau, 0)
from summed where day <= (select last_day from bounds)
