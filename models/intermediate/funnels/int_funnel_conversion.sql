{{ config(**rollup_summary()) }}
with breakdowns as (

    select * from {{ ref('int_breakdowns') }}

),

funnel_steps as (

    select * from {{ ref('int_funnel_steps') }}

),

user_steps as (

    {{ broken_down(
        ref('int_funnel_progress'),
        ref('int_user_segments'),
        ['funnel', 'step', 'microseconds_from_previous']
    ) }}

),

counted as (

    select
        breakdown,
        segment,
        segment_value,
        funnel,
        step,
        count(*) as users,
        {{ median('microseconds_from_previous') }} as median_microseconds,
        sum(microseconds_from_previous) as total_microseconds
    from user_steps
    group by
        breakdown,
        segment,
        segment_value,
        funnel,
        step

),

dense as (

    select
        breakdowns.breakdown,
        breakdowns.segment,
        breakdowns.segment_value,
        funnel_steps.funnel,
        funnel_steps.step,
        funnel_steps.event as step_name,
        coalesce(counted.users, 0) as users,
        counted.median_microseconds,
        counted.total_microseconds
    from funnel_steps
    cross join breakdowns
    left join counted
        on
            {{ same_breakdown('breakdowns', 'counted') }}
            and funnel_steps.funnel = counted.funnel
            and funnel_steps.step = counted.step

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
