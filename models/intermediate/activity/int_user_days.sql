{{ config(**merged_rollup(['user_id', 'activity_date'], looked_up_by=['user_id'])) }}
with day_changes as (

    select * from {{ ref('int_user_day_changes') }}

),

changed_days as (

    select *
    from day_changes
    where
        not was_kept
        or previous_activity_date is distinct from kept_previous_date
        or next_activity_date is distinct from kept_next_date

)

select
    user_id,
    activity_date,
    previous_activity_date,
    next_activity_date
from changed_days
