-- Every user who was ever active has one churn status. A user between two windows, or in both,
-- would be missing from churn_summary or in it twice, and the shares would still add up to 1.
with counted as (

    select coalesce(sum(users), 0) as users
    from {{ ref('churn_summary') }}

),

expected as (

    select count(distinct user_id) as users
    from {{ ref('fct_user_days') }}

)

select
    counted.users as users,
    expected.users as expected_users
from counted
cross join expected
where counted.users <> expected.users
