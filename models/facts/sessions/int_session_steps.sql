with session_events as (

    select * from {{ ref('int_session_events') }}

),

followed as (

    select
        user_id,
        started_at,
        occurred_at,
        event_id,
        event_name as from_event,
        lead({{ nullable('event_name') }}) over (
            partition by user_id, started_at order by occurred_at, {{ by_id('event_id') }}
        ) as to_event,
        row_number() over (
            partition by user_id, started_at order by occurred_at, {{ by_id('event_id') }}
        ) as step_number
    from session_events

)

select
    user_id,
    started_at,
    occurred_at,
    event_id,
    step_number,
    from_event,
    to_event
from followed
