with event_totals as (

    select * from {{ ref('agg_event_totals') }}

),

event_users as (

    select * from {{ ref('agg_event_users') }}

),

joined as (

    select
        event_totals.event_name as event_name,
        event_totals.events as events,
        event_users.users as users,
        event_totals.first_event_at as first_event_at,
        event_totals.last_event_at as last_event_at
    from event_totals
    inner join event_users
        on event_totals.event_name = event_users.event_name

)

select
    event_name,
    events,
    users,
    first_event_at,
    last_event_at
from joined
