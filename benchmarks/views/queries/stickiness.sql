with days as (
    select distinct user_id, $day as day from raw.events
), bounds as (
    select min(day) as first_day, max(day) as last_day from days
), calendar as (
    select cast($each_day as date) as day from bounds
), users as (
    select 'week' as period, cast(date_trunc('week', day) as date) as period_start, count(*) as days_active
    from days group by user_id, 2
    union all
    select 'month', cast(date_trunc('month', day) as date), count(*) from days group by user_id, 2
), counted as (
    select period, period_start, days_active, count(*) as users from users group by 1, 2, 3
), periods as (
    select distinct 'week' as period, cast(date_trunc('week', day) as date) as period_start, 7 as length
    from calendar
    union all
    select distinct
        'month', cast(date_trunc('month', day) as date),
        cast(extract(day from date_trunc('month', day) + interval '1 month' - interval '1 day') as integer)
    from calendar
), numbers as (
    select period, period_start, cast($each_number as bigint) as days_active from periods
)
select period, period_start, days_active, coalesce(users, 0)
from numbers left join counted using (period, period_start, days_active)
