with path_steps as (

    select * from {{ ref('int_path_steps') }}

),

-- by user first, as each user of a step counts once
user_steps as (

    select
        user_id,
        step_number,
        from_event,
        to_event,
        count(*) as sessions
    from path_steps
    group by
        user_id,
        step_number,
        from_event,
        to_event

)

select
    cast(step_number as bigint) as step_number,
    from_event,
    to_event,
    cast(sum(sessions) as bigint) as sessions,
    count(*) as users
from user_steps
group by
    step_number,
    from_event,
    to_event
