with $user_segments, days as (
    select distinct user_id, $day as day from raw.events
), followed as (
    select user_id, day, lead(day) over (partition by user_id order by day) as next_day from days
), gaps as (
    select segment, segment_value, day, next_day, count(*) as users
    from followed inner join user_segments using (user_id) group by 1, 2, 3, 4
), bounds as (
    select min(day) as first_day, max(day) as last_day from days
), calendar as (
    select cast($each_day as date) as day from bounds
), changes as (
    select segment, segment_value, calendar.day, 0 as dau, 0 as wau, 0 as mau
    from calendar cross join (select distinct segment, segment_value from gaps) as segment_values
    union all
    select segment, segment_value, day, users, users, users from gaps
    union all
    select segment, segment_value, least(day + 7, next_day), 0, -users, 0 from gaps
    union all
    select segment, segment_value, least(day + 30, next_day), 0, 0, -users from gaps
), summed as (
    select
        segment, segment_value, day, sum(dau) as dau,
        sum(sum(wau)) over value_days as wau, sum(sum(mau)) over value_days as mau
    from changes group by 1, 2, 3
    window value_days as (partition by segment, segment_value order by day)
)
select segment, segment_value, day, dau, wau, mau, cast(dau as double precision) / nullif(mau, 0)
from summed where day <= (select last_day from bounds) and (dau > 0 or wau > 0 or mau > 0)
