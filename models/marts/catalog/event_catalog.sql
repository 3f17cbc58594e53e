with event_totals as (

    select * from {{ ref('int_event_totals') }}

),

event_users as (

    select * from {{ ref('int_event_users') }}

),

totals as (

    select
        event_name,
        cast(sum(events) as bigint) as events,
        min(first_event_at) as first_event_at,
        max(last_event_at) as last_event_at
    from event_totals
    group by event_name

),

counted as (

    select
        event_name,
        count(*) as users
    from event_users
    group by event_name

)

select
    totals.event_name,
    totals.events,
    counted.users,
    totals.first_event_at,
    totals.last_event_at
from totals
inner join counted
    on totals.event_name = counted.event_name
