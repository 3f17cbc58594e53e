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
)
select
    md5(user_id || ' ' || cast($epoch as text)),
    user_id, started_at, ended_at, events, seconds
from sessions
