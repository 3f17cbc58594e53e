with $user_segments, last_days as (
    select user_id, max($day) as day from raw.events group by user_id
), latest as (
    select max(day) as last_day from last_days
), statuses as (
    select
        user_id,
        case
            when last_day - day < 7 then 'active'
            when last_day - day < 14 then 'soft_churn'
            when last_day - day < 30 then 'churned'
            else 'hard_churn'
        end as churn_status
    from last_days cross join latest
), counted as (
    select segment, segment_value, churn_status, count(*) as users
    from statuses inner join user_segments using (user_id) group by 1, 2, 3
), segment_values as (
    select distinct segment, segment_value from counted
), names as (
    select 'active' as churn_status
    union all select 'soft_churn'
    union all select 'churned'
    union all select 'hard_churn'
)
select
    segment, segment_value, churn_status, coalesce(users, 0),
    cast(coalesce(users, 0) as double precision) / sum(users) over (partition by segment, segment_value)
from segment_values cross join names left join counted using (segment, segment_value, churn_status)
