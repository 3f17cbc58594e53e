with days as (
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
), numbered as (
    select user_id, period, $index as number from user_periods
), started as (
    select
        period, number, min(number) over (partition by user_id, period) as cohort,
        lead(number) over (partition by user_id, period order by number) is null as is_last
    from numbered
), returned as (
    select
        period, cohort, least(number - cohort, case period when 'day' then 30 when 'week' then 156 else 36 end) as cell,
        count(case when number - cohort <= case period when 'day' then 30 when 'week' then 156 else 36 end then 1 end)
            as users,
        count(case when is_last then 1 end) as last_users
    from started group by 1, 2, 3
), indexed as (
    select period, period_start, is_complete, $index as number from periods
), lasts as (
    select period, max(number) as last_number from indexed group by 1
), cells as (
    select
        period, period_start, number,
        $each_cell as cell
    from indexed inner join lasts using (period)
), filled as (
    select
        cells.period, cells.period_start, cells.cell, indexed.is_complete,
        coalesce(users, 0) as users,
        coalesce(sum(last_users) over (
            partition by cells.period, cells.number order by cells.cell desc
        ), 0) as later_users,
        coalesce(max(case when cells.cell = 0 then users end) over (
            partition by cells.period, cells.number
        ), 0) as cohort_users
    from cells
    inner join indexed on cells.period = indexed.period and cells.number + cells.cell = indexed.number
    left join returned
        on cells.period = returned.period and cells.number = returned.cohort and cells.cell = returned.cell
)
select
    case period when 'day' then 'daily_activity' when 'week' then 'weekly_activity'
        else 'monthly_activity' end,
    period, period_start, cell, cohort_users, users, later_users,
    cast(users as double precision) / nullif(cohort_users, 0), is_complete
from filled
