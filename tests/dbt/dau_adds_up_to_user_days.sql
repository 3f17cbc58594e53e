-- Over all dates dau adds up to the days on which users were active, each counted once. A calendar
-- that lacks a date, or has one twice, would hide or repeat its users.
with bounds as (

    select * from {{ ref('int_reporting_bounds') }}

),

counted as (

    select coalesce(sum(dau), 0) as users
    from {{ ref('daily_active_users') }}

),

expected as (

    select count(*) as users
    from {{ ref('fct_user_days') }} as user_days
    inner join bounds
        on user_days.activity_date >= bounds.first_report_date

)

select
    counted.users as users,
    expected.users as expected_users
from counted
cross join expected
where counted.users <> expected.users
