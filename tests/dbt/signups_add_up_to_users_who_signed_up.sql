-- Every user who signed up is counted on one date. A signup on a date that the calendar lacks would
-- be missing from each view by date without a trace.
with bounds as (

    select * from {{ ref('int_reporting_bounds') }}

),

counted as (

    select coalesce(sum(signups), 0) as users
    from {{ ref('signups') }}

),

expected as (

    select count(distinct signups.user_id) as users
    from {{ ref('fct_signups') }} as signups
    inner join bounds
        on signups.signup_date >= bounds.first_report_date

)

select
    counted.users as users,
    expected.users as expected_users
from counted
cross join expected
where counted.users <> expected.users
