with firsts as (
    select
        user_id, min($day) as first_day, max($day) as last_day
    from raw.events group by user_id
), bounds as (
    select min(first_day) as first_day, max(last_day) as last_day from firsts
), calendar as (
    select cast($each_day as date) as day from bounds
), counted as (
    select
        first_day as day, count(*) as users, count(case when last_day > first_day then 1 end) as returned
    from firsts group by 1
)
select
    day, coalesce(users, 0), coalesce(returned, 0), cast(returned as double precision) / nullif(users, 0)
from calendar left join counted using (day)
