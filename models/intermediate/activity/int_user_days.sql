{{ config(**user_rollup()) }}
with activity as (

    select * from {{ ref('int_activity') }}

),

user_days as (

    select distinct
        user_id,
        activity_date
    from activity

),

followed as (

    select
        user_id,
        activity_date,
        lead(activity_date) over (partition by user_id order by activity_date) as next_activity_date
    from user_days

)

select
    user_id,
    activity_date,
    next_activity_date
from followed
