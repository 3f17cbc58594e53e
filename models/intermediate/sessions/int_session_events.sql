{% set gap_seconds = whole_number('session_gap_minutes', 1) * 60 -%}
with events as (

    select * from {{ ref('int_due_events') }}

),

-- equal times by id, so that every engine walks the same way
followed as (

    select
        event_id,
        event_name,
        user_id,
        occurred_at,
        lag(occurred_at) over (partition by user_id order by occurred_at, event_id) as previous_at
    from events

),

marked as (

    select
        event_id,
        event_name,
        user_id,
        occurred_at,
        case
            when occurred_at <= {{ add_seconds('previous_at', gap_seconds) }} then 0
            else 1
        end as begins_session
    from followed

),

numbered as (

    select
        event_id,
        event_name,
        user_id,
        occurred_at,
        cast(sum(begins_session) over (
            partition by user_id
            order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as bigint) as session_number
    from marked

)

select
    event_id,
    event_name,
    user_id,
    occurred_at,
    session_number
from numbered
