with funnel_steps as (

    select * from {{ ref('int_funnel_steps') }}

),

progress as (

    select * from {{ ref('int_funnel_progress') }}

),

counted as (

    select
        funnel,
        step,
        count(*) as users,
        {{ median('microseconds_from_previous') }} as median_microseconds,
        sum(microseconds_from_previous) as total_microseconds
    from progress
    group by
        funnel,
        step

),

dense as (

    select
        funnel_steps.funnel,
        funnel_steps.step,
        funnel_steps.event as step_name,
        coalesce(counted.users, 0) as users,
        counted.median_microseconds,
        counted.total_microseconds
    from funnel_steps
    left join counted
        on
            funnel_steps.funnel = counted.funnel
            and funnel_steps.step = counted.step

),

compared as (

    select
        funnel,
        step,
        step_name,
        users,
        first_value(users) over (partition by funnel order by step) as users_at_start,
        lag(users) over (partition by funnel order by step) as users_at_previous,
        median_microseconds,
        total_microseconds
    from dense

)

select
    funnel,
    cast(step as bigint) as step,
    step_name,
    users,
    {{ rate('users', 'users_at_start') }} as conversion_from_start,
    {{ rate('users', 'users_at_previous') }} as conversion_from_previous,
    {{ seconds_from_microseconds('median_microseconds') }} as median_seconds_from_previous,
    -- one division, so that it is correctly rounded
    cast(total_microseconds as double precision) / nullif(users * 1000000, 0)
        as average_seconds_from_previous
from compared
