{% set max_steps = whole_number('max_path_steps', 1) -%}
with session_events as (

    select * from {{ ref('int_session_events') }}

),

followed as (

    select
        user_id,
        session_number,
        event_name as from_event,
        lead(event_name) over (
            partition by user_id, session_number order by occurred_at, event_id
        ) as to_event,
        row_number() over (
            partition by user_id, session_number order by occurred_at, event_id
        ) as step_number
    from session_events

)

select
    cast(step_number as bigint) as step_number,
    from_event,
    to_event,
    count(*) as sessions,
    count(distinct user_id) as users
from followed
where
    to_event is not null
    and step_number <= {{ max_steps }}
group by
    step_number,
    from_event,
    to_event
