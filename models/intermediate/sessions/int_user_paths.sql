{% set max_steps = whole_number('max_path_steps', 1) -%}
{{ config(**user_rollup()) }}
with session_events as (

    select * from {{ ref('int_session_events') }}

),

followed as (

    select
        user_id,
        event_name as from_event,
        lead(event_name) over (
            partition by user_id, session_number order by occurred_at, event_id
        ) as to_event,
        row_number() over (
            partition by user_id, session_number order by occurred_at, event_id
        ) as step_number
    from session_events

),

counted as (

    select
        user_id,
        step_number,
        from_event,
        to_event,
        count(*) as sessions
    from followed
    where
        to_event is not null
        and step_number <= {{ max_steps }}
    group by
        user_id,
        step_number,
        from_event,
        to_event

)

select
    user_id,
    step_number,
    from_event,
    to_event,
    sessions
from counted
