{{ config(**fact(key=['user_id', 'event_name'])) }}
with events as (

    select
        user_id,
        event_name
    from {{ ref('int_arrivals') }}

),

event_users as (

    select distinct
        user_id,
        event_name
    from events

)

select
    user_id,
    event_name
from event_users
