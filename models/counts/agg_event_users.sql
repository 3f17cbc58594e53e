{{ config(**count(key=['event_name'], sums=['users'])) }}
with event_users as (

    {{ facts('fct_event_users', ['event_name']) }}

),

counted as (

    select
        event_name,
        sum(weight) as users
    from event_users
    group by event_name

)

select
    event_name,
    cast(users as bigint) as users
from counted
