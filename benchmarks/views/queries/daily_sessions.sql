with lagged as (
    select
        user_id, event_name, event_id, event_time,
        lag(event_time) over (partition by user_id order by event_time, event_id) as previous
    from raw.events
), numbered as (
    select
        user_id, event_name, event_id, event_time,
        count(case when previous is null or event_time > previous + interval '30 minutes' then 1 end)
            over (partition by user_id order by event_time, event_id rows unbounded preceding) as number
    from lagged
), sessions as (
    select
        user_id, min(event_time) as started_at, max(event_time) as ended_at, count(*) as events,
        $span as seconds
    from numbered group by user_id, number
), counted as (
    select
        $started_day as day, count(*) as sessions, count(distinct user_id) as users,
        percentile_cont(0.5) within group (order by seconds) as median_seconds, sum(events) as events
    from sessions group by 1
), bounds as (
    select min($day) as first_day, max($day) as last_day from raw.events
), calendar as (
    select cast($each_day as date) as day from bounds
)
select
    day, coalesce(sessions, 0), coalesce(users, 0), median_seconds,
    cast(events as double precision) / nullif(sessions, 0)
from calendar left join counted using (day)
