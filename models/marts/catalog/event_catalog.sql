with totals as (

    select * from {{ ref('int_user_event_totals') }}

),

summarised as (

    select
        event_name,
        cast(sum(events) as bigint) as events,
        count(*) as users,
        min(first_event_at) as first_event_at,
        max(last_event_at) as last_event_at
    from totals
    group by event_name

)

select
    event_name,
    events,
    users,
    first_event_at,
    last_event_at
from summarised
