{{ config(**rollup_summary()) }}
with dense as (

    select * from {{ ref('int_funnel_counts') }}

),

compared as (

    select
        breakdown,
        segment,
        segment_value,
        funnel,
        step,
        step_name,
        users,
        first_value(users) over (
            partition by breakdown, segment, segment_value, funnel order by step
        ) as users_at_start,
        lag(users) over (
            partition by breakdown, segment, segment_value, funnel order by step
        ) as users_at_previous,
        median_microseconds,
        total_microseconds
    from dense

)

select
    breakdown,
    segment,
    segment_value,
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
