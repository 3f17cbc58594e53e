-- On each date the statuses add up to the users who were active on or before it. Users who fall out
-- of one status and into none, or stand in two for a day, would show on no other total.
with first_days as (

    select
        user_id,
        min(activity_date) as first_active_date
    from {{ ref('fct_user_days') }}
    group by user_id

),

bounds as (

    select * from {{ ref('int_reporting_bounds') }}

),

-- who was active before the reports begin has been seen on their first date
seen_from as (

    select greatest(first_days.first_active_date, bounds.first_report_date) as first_seen_date
    from first_days
    cross join bounds

),

new_users as (

    select
        first_seen_date,
        count(*) as users
    from seen_from
    group by first_seen_date

),

statuses as (

    select
        as_of_date,
        sum(users) as users
    from {{ ref('daily_churn') }}
    group by as_of_date

),

seen as (

    select
        statuses.as_of_date as as_of_date,
        statuses.users as users,
        sum(coalesce(new_users.users, 0)) over (order by statuses.as_of_date) as expected_users
    from statuses
    left join new_users
        on statuses.as_of_date = new_users.first_seen_date

)

select *
from seen
where users <> expected_users
