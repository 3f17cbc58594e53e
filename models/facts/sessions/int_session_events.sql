{% set gap_seconds = whole_number('session_gap_minutes', 1) * 60 -%}
with events as (

    select * from {{ ref('int_touched_events') }}

),

-- equal times by id, so that every engine walks the same way
followed as (

    select
        event_id,
        event_name,
        user_id,
        occurred_at,
        lag({{ nullable('occurred_at') }}) over (
            partition by user_id order by occurred_at, {{ by_id('event_id') }}
        ) as previous_at
    from events

),

marked as (

    select
        event_id,
        event_name,
        user_id,
        occurred_at,
        case
            when occurred_at <= {{ add_seconds('previous_at', gap_seconds) }} then null
            else occurred_at
        end as begins_at
    from followed

),

begun as (

    select
        event_id,
        event_name,
        user_id,
        occurred_at,
        max(begins_at) over (
            partition by user_id
            order by occurred_at, {{ by_id('event_id') }}
            rows between unbounded preceding and current row
        ) as started_at
    from marked

)

select
    event_id,
    event_name,
    user_id,
    occurred_at,
    started_at
from begun
