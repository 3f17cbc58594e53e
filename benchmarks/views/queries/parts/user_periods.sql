days as (
    select distinct user_id, $day as day from raw.events
), bounds as (
    select min(day) as first_day, max(day) as last_day from days
), calendar as (
    select cast($each_day as date) as day from bounds
), user_periods as (
    select user_id, 'day' as period, day as period_start from days
    union all
    select distinct user_id, 'week', cast(date_trunc('week', day) as date) from days
    union all
    select distinct user_id, 'month', cast(date_trunc('month', day) as date) from days
), periods as (
    select 'day' as period, day as period_start, day < last_day as is_complete
    from calendar cross join bounds
    union all
    select distinct
        'week', cast(date_trunc('week', day) as date),
        cast(date_trunc('week', day) + interval '6 days' as date) < last_day
    from calendar cross join bounds
    union all
    select distinct
        'month', cast(date_trunc('month', day) as date),
        cast(date_trunc('month', day) + interval '1 month' - interval '1 day' as date) < last_day
    from calendar cross join bounds
)
