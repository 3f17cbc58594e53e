with user_days as (

    select * from {{ ref('int_user_days') }}

),

last_days as (

    select
        user_id,
        activity_date as last_active_date
    from user_days
    where next_activity_date is null

)

select
    user_id,
    last_active_date
from last_days
