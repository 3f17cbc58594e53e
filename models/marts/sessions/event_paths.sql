with user_paths as (

    select * from {{ ref('int_user_paths') }}

)

select
    cast(step_number as bigint) as step_number,
    from_event,
    to_event,
    cast(sum(sessions) as bigint) as sessions,
    count(*) as users
from user_paths
group by
    step_number,
    from_event,
    to_event
