{{ config(**summary()) }}
{% set key = ['funnel_number', 'step'] -%}
{% set value_key = ['segment', 'segment_value'] + key -%}
{% set counts = {'number': 'users', 'sums': {'total_microseconds': 'microseconds'}} -%}
{% set by_value = with_segment_values('progress', key + ['microseconds']) -%}
{% set kept = '(select * from ' ~ ref('agg_funnel_times') ~ " where breakdown = '{}') as times" -%}
with funnel_steps as (

    select
        funnel,
        funnel_number,
        step,
        event as step_name
    from {{ ref('int_funnel_steps') }}

),

progress as (

    select
        user_id,
        funnel_number,
        step,
        microseconds
    from {{ ref('fct_funnel_progress') }}

),

times as (

    {{ counted_by_bin(kept.format('none'), 'progress', key, **counts) }}

),

counted as (

    {{ medians('times', 'progress', key, **counts) }}

),

-- The breakdowns are constants outside of what is computed for them, by which a report on all users
-- does without the segments.
dense as (

    select
        'none' as breakdown,
        '' as segment,
        '' as segment_value,
        funnel_steps.funnel as funnel,
        funnel_steps.step as step,
        funnel_steps.step_name as step_name,
        coalesce(counted.users, 0) as users,
        counted.median_microseconds as median_microseconds,
        counted.total_microseconds as total_microseconds
    from funnel_steps
    left join counted
        on {{ same_key('funnel_steps', 'counted', key) }}
    union all
    select
        'segment' as breakdown,
        by_value.segment as segment,
        by_value.segment_value as segment_value,
        by_value.funnel as funnel,
        by_value.step as step,
        by_value.step_name as step_name,
        by_value.users as users,
        by_value.median_microseconds as median_microseconds,
        by_value.total_microseconds as total_microseconds
    from (
        with times_by_value as (

            {{ counted_by_bin(
                kept.format('segment'), '(' ~ by_value ~ ') as by_value', value_key, **counts
            ) }}

        ),

        -- few of all users, for whom the segments are looked up
        middle_progress as (

            {{ in_any_middle_bin('progress', 'times_by_value', key, value_key, 'users') }}

        ),

        middle_by_value as (

            {{ with_segment_values('middle_progress', key + ['microseconds']) }}

        ),

        counted_by_value as (

            {{ medians('times_by_value', 'middle_by_value', value_key, **counts) }}

        )

        select
            counted_by_value.segment as segment,
            counted_by_value.segment_value as segment_value,
            funnel_steps.funnel as funnel,
            funnel_steps.step as step,
            funnel_steps.step_name as step_name,
            counted_by_value.users as users,
            counted_by_value.median_microseconds as median_microseconds,
            counted_by_value.total_microseconds as total_microseconds
        -- Steps that no user of the value has reached are left out. An inner join would find the
        -- same, but PostgreSQL may turn that around, and count everything anew for each step.
        from counted_by_value
        left join funnel_steps
            on {{ same_key('funnel_steps', 'counted_by_value', key) }}
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
        first_value({{ nullable('users') }}) over (
            partition by breakdown, segment, segment_value, funnel order by step
        ) as users_at_start,
        lag({{ nullable('users') }}) over (
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
    cast(total_microseconds as {{ type_double() }}) / nullif(users * 1000000, 0)
        as average_seconds_from_previous
from compared
