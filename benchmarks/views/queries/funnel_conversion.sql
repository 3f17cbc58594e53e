with $funnel_steps, $funnel_names, counted as (
    select
        funnel, step, count(*) as users,
        percentile_cont(0.5) within group (order by $step_seconds) as median_seconds,
        avg($step_seconds) as average_seconds
    from steps group by 1, 2
)
select
    funnel, step, step_name, users,
    cast(users as double precision) / first_value(users) over (partition by funnel order by step),
    cast(users as double precision) / lag(users) over (partition by funnel order by step),
    median_seconds, average_seconds
from names inner join counted using (funnel, step)
