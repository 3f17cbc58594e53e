{{ config(**rollup_summary()) }}
{% set counts = [
    'count(*) as users',
    median('microseconds_from_previous') ~ ' as median_microseconds',
    'sum(microseconds_from_previous) as total_microseconds',
] | join(',\n        ') -%}
-- A median sorts all rows by what they are grouped by, so they are grouped by numbers and not by
-- names, which take several times as long to sort.
with funnel_steps as (

    select
        funnel,
        step,
        event,
        row_number() over (order by funnel, step) as step_number
    from {{ ref('int_funnel_steps') }}

),

user_steps as (

    select
        progress.user_id,
        funnel_steps.step_number,
        progress.microseconds_from_previous
    from {{ ref('int_funnel_progress') }} as progress
    {{ hashed_join() }} funnel_steps
        on
            progress.funnel = funnel_steps.funnel
            and progress.step = funnel_steps.step
    where coalesce(progress.step = funnel_steps.step, false)
    {{ end_of_hashed_join() }}

),

counted as (

    select
        step_number,
        {{ counts }}
    from user_steps
    group by step_number

),

-- The breakdowns are constants outside of what is computed for them, by which a report on all users
-- does without the segments.
dense as (

    select
        'none' as breakdown,
        '' as segment,
        '' as segment_value,
        funnel_steps.funnel,
        funnel_steps.step,
        funnel_steps.event as step_name,
        coalesce(counted.users, 0) as users,
        counted.median_microseconds,
        counted.total_microseconds
    from funnel_steps
    left join counted
        on funnel_steps.step_number = counted.step_number
    union all
    select
        'segment' as breakdown,
        by_value.segment,
        by_value.segment_value,
        by_value.funnel,
        by_value.step,
        by_value.step_name,
        by_value.users,
        by_value.median_microseconds,
        by_value.total_microseconds
    from (
        with segment_values as (

            select
                segment,
                segment_value,
                row_number() over (order by segment, segment_value) as value_number
            from {{ ref('int_breakdowns') }}
            where breakdown = 'segment'

        ),

        user_values as (

            select
                user_segments.user_id,
                segment_values.value_number
            from {{ ref('int_user_segments') }} as user_segments
            {{ hashed_join() }} segment_values
                on
                    user_segments.segment = segment_values.segment
                    and user_segments.segment_value = segment_values.segment_value
            where coalesce(user_segments.segment = segment_values.segment, false)
            {{ end_of_hashed_join() }}

        ),

        steps_by_value as (

            select
                user_values.value_number,
                user_steps.step_number,
                user_steps.microseconds_from_previous
            from user_steps
            {{ hashed_join() }} user_values
                on user_steps.user_id = user_values.user_id
            where coalesce(user_steps.user_id = user_values.user_id, false)
            {{ end_of_hashed_join() }}

        ),

        counted_by_value as (

            select
                value_number,
                step_number,
                {{ counts }}
            from steps_by_value
            group by
                value_number,
                step_number

        )

        select
            segment_values.segment,
            segment_values.segment_value,
            funnel_steps.funnel,
            funnel_steps.step,
            funnel_steps.event as step_name,
            coalesce(counted_by_value.users, 0) as users,
            counted_by_value.median_microseconds,
            counted_by_value.total_microseconds
        from funnel_steps
        cross join segment_values
        left join counted_by_value
            on
                funnel_steps.step_number = counted_by_value.step_number
                and segment_values.value_number = counted_by_value.value_number
    ) as by_value

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
