{{ config(**merged_rollup(['event_name', 'user_id'])) }}
with due_events as (

    select
        event_name,
        user_id
    from {{ ref('int_due_events') }}
    where is_due

),

event_users as (

    select distinct
        event_name,
        user_id
    from due_events

)

select
    event_name,
    user_id
from event_users
