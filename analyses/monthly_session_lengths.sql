-- Do sessions get longer? By month, over complete months only. A session of one event lasts 0
-- seconds, whatever its user did meanwhile, so those are counted apart and left out of the median.
with sessions as (

    select * from {{ ref('sessions') }}

),

months as (

    select period_start as month_start
    from {{ ref('active_users') }}
    where
        period = 'month'
        and is_complete

),

dated as (

    select
        user_id,
        events,
        duration_seconds,
        {{ event_analytics.month_start_date(event_analytics.local_date('started_at')) }}
            as month_start
    from sessions

),

counted as (

    select
        month_start,
        count(*) as sessions,
        count(distinct user_id) as users,
        sum(case when events = 1 then 1 else 0 end) as one_event_sessions,
        {{ event_analytics.median('case when events > 1 then duration_seconds end') }}
            as median_duration_seconds
    from dated
    group by month_start

)

select
    months.month_start as month_start,
    counted.sessions as sessions,
    counted.users as users,
    {{ event_analytics.rate('counted.one_event_sessions', 'counted.sessions') }}
        as one_event_share,
    counted.median_duration_seconds as median_duration_seconds
from months
inner join counted
    on months.month_start = counted.month_start
order by months.month_start
