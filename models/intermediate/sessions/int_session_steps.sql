{% set max_steps = whole_number('max_path_steps', 1) -%}
{{ config(**session_rollup()) }}
with session_events as (

    select * from {{ ref('int_session_events') }}

),

followed as (

    select
        user_id,
        started_at,
        event_name as from_event,
        lead(event_name) over (
            partition by user_id, started_at order by occurred_at, event_id
        ) as to_event,
        row_number() over (
            partition by user_id, started_at order by occurred_at, event_id
        ) as step_number
    from session_events

),

session_steps as (

    select
        user_id,
        started_at,
        step_number,
        from_event,
        to_event
    from followed
    where
        to_event is not null
        and step_number <= {{ max_steps }}

)

select
    user_id,
    started_at,
    {{ local_date('started_at') }} as session_date,
    step_number,
    from_event,
    to_event
from session_steps
