with last_days as (
    select user_id, max($day) as day from raw.events group by user_id
), latest as (
    select max(day) as last_day from last_days
), statuses as (
    select user_id, day, cast(last_day - day as bigint) as days_inactive from last_days cross join latest
)
select
    case
        when days_inactive < 7 then 'active'
        when days_inactive < 14 then 'soft_churn'
        when days_inactive < 30 then 'churned'
        else 'hard_churn'
    end as churn_status,
    count(*), cast(count(*) as double precision) / sum(count(*)) over ()
from statuses group by 1
