with session_steps as (

    select * from {{ ref('int_session_steps') }}

),

counted as (

    select
        user_id,
        step_number,
        from_event,
        to_event,
        count(*) as sessions
    from session_steps
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
