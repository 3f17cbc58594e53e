{{ config(**rollup_summary()) }}
with user_days as (

    select * from {{ ref('int_user_days') }}

),

counted as (

    select
        previous_activity_date,
        activity_date,
        next_activity_date,
        count(*) as users
    from user_days
    group by
        previous_activity_date,
        activity_date,
        next_activity_date

)

select
    previous_activity_date,
    activity_date,
    next_activity_date,
    users
from counted
