with $user_periods, stepped as (
    select
        period, period_start,
        cast(case period
            when 'day' then period_start + 1
            when 'week' then period_start + 7
            else period_start + interval '1 month'
        end as date) as following,
        lag(period_start) over (partition by user_id, period order by period_start) as previous,
        lead(period_start) over (partition by user_id, period order by period_start) as next
    from user_periods
), kinds as (
    select
        period, period_start,
        count(case when previous is null then 1 end) as new_users,
        count(case when previous = cast(case period
            when 'day' then period_start - 1
            when 'week' then period_start - 7
            else period_start - interval '1 month'
        end as date) then 1 end) as retained_users,
        count(*) as active_users
    from stepped group by 1, 2
), dormant as (
    select period, following as period_start, count(*) as dormant_users
    from stepped where next is null or next > following group by 1, 2
), filled as (
    select
        period, period_start, is_complete,
        coalesce(new_users, 0) as new_users, coalesce(retained_users, 0) as retained_users,
        coalesce(active_users, 0) as active_users, coalesce(dormant_users, 0) as dormant_users
    from periods
    left join kinds using (period, period_start)
    left join dormant using (period, period_start)
)
select
    period, period_start, new_users, retained_users, active_users - new_users - retained_users,
    active_users, dormant_users,
    cast(active_users - retained_users as double precision) / nullif(dormant_users, 0), is_complete
from filled
