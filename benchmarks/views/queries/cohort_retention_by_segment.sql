with $user_segments, $user_periods, $cohort_periods, returned as (
    select
        segment, segment_value, period, cohort,
        least(number - cohort, case period when 'day' then 30 when 'week' then 156 else 36 end) as cell,
        count(case when number - cohort <= case period when 'day' then 30 when 'week' then 156 else 36 end then 1 end)
            as users,
        count(case when is_last then 1 end) as last_users
    from started inner join user_segments using (user_id) group by 1, 2, 3, 4, 5
), $cohort_cells, segment_values as (
    select distinct segment, segment_value from returned
), filled as (
    select
        segment_values.segment, segment_values.segment_value,
        cells.period, cells.period_start, cells.cell, indexed.is_complete,
        coalesce(users, 0) as users,
        coalesce(sum(last_users) over (
            partition by segment_values.segment, segment_values.segment_value, cells.period, cells.number
            order by cells.cell desc
        ), 0) as later_users,
        coalesce(max(case when cells.cell = 0 then users end) over (
            partition by segment_values.segment, segment_values.segment_value, cells.period, cells.number
        ), 0) as cohort_users
    from cells
    cross join segment_values
    inner join indexed on cells.period = indexed.period and cells.number + cells.cell = indexed.number
    left join returned
        on cells.period = returned.period and cells.number = returned.cohort and cells.cell = returned.cell
        and segment_values.segment = returned.segment and segment_values.segment_value = returned.segment_value
)
select
    segment, segment_value,
    case period when 'day' then 'daily_activity' when 'week' then 'weekly_activity'
        else 'monthly_activity' end,
    period, period_start, cell, cohort_users, users, later_users,
    cast(users as double precision) / nullif(cohort_users, 0), is_complete
from filled where cohort_users > 0
