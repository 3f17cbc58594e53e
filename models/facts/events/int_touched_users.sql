{{ config(**step()) }}
with arrivals as (

    select
        user_id,
        occurred_at,
        event_date
    from {{ ref('int_arrivals') }}

),

touched_users as (

    select
        user_id,
        min(occurred_at) as since_at,
        min(event_date) as since_date
    from arrivals
    group by user_id

)

select
    user_id,
    since_at,
    since_date
from touched_users
