with firsts as (
    select user_id, min($day) as cohort from raw.events group by user_id
), returns as (
    select distinct firsts.user_id, firsts.cohort, $day - firsts.cohort as number
    from firsts inner join raw.events as events on firsts.user_id = events.user_id
)
select cohort, number, count(distinct user_id) as users
from returns where number <= 30 group by cohort, number
