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
), stepped as (
    select
        user_id, event_name as from_event,
        lead(event_name) over session as to_event, row_number() over session as step_number
    from numbered
    window session as (partition by user_id, number order by event_time, event_id)
)
select step_number, from_event, to_event, count(*), count(distinct user_id)
from stepped where to_event is not null and step_number <= 20 group by 1, 2, 3
