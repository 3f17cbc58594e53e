-- Who got to the second step of a funnel and no further, and when? The list to write to.
with funnel_users as (

    select * from {{ ref('funnel_users') }}

),

furthest as (

    select
        user_id,
        max(step) as furthest_step,
        max(reached_at) as reached_at
    from funnel_users
    where funnel = 'question_to_feedback'
    group by user_id

)

select
    user_id,
    reached_at
from furthest
where furthest_step = 2
order by
    reached_at desc,
    user_id asc
