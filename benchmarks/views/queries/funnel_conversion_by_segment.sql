with $user_segments, $funnel_steps, $funnel_names, counted as (
    select
        segment, segment_value, funnel, step, count(*) as users,
        percentile_cont(0.5) within group (order by $step_seconds) as median_seconds,
        avg($step_seconds) as average_seconds
    from steps inner join user_segments using (user_id) group by 1, 2, 3, 4
), filled as (
    select segment, segment_value, funnel, step, step_name, users, median_seconds, average_seconds
    from counted inner join names using (funnel, step)
)
select
    segment, segment_value, funnel, step, step_name, users,
    cast(users as double precision) / nullif(first_value(users) over earlier_steps, 0),
    cast(users as double precision) / nullif(lag(users) over earlier_steps, 0),
    median_seconds, average_seconds
from filled
window earlier_steps as (partition by segment, segment_value, funnel order by step)
