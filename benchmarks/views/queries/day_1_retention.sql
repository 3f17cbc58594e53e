with days as (
    select distinct user_id, $day as day from raw.events
), bounds as (
    select min(day) as first_day, max(day) as last_day from days
), calendar as (
    select cast($each_day as date) as day from bounds
), firsts as (
    select day, min(day) over (partition by user_id) as first_day from days
), counted as (
    select
        first_day as day, count(case when day = first_day then 1 end) as users,
        count(case when day = first_day + 1 then 1 end) as returned
    from firsts group by 1
)
select
    calendar.day, coalesce(users, 0), coalesce(returned, 0),
    cast(returned as double precision) / nullif(users, 0), calendar.day + 1 < last_day
from calendar cross join bounds left join counted on calendar.day = counted.day
