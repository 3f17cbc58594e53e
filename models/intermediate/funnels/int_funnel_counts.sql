{% set key = ['breakdown', 'segment', 'segment_value', 'funnel', 'step'] -%}
{% set counts = [
    'count(*) as users',
    median('microseconds_from_previous') ~ ' as median_microseconds',
    'sum(microseconds_from_previous) as total_microseconds',
] | join(',\n        ') -%}
{% if not execute -%}
-- depends_on: {{ ref('int_funnel_times') }}
{% endif -%}
with funnel_steps as (

    select
        funnel,
        step,
        event,
        -- a number to group by: a median sorts all rows by what they are grouped by, and by names
        -- that takes several times as long
        row_number() over (order by funnel, step) as step_number
    from {{ ref('int_funnel_steps') }}

),

{% if rollups_are_kept() -%}
progress as (

    select * from {{ ref('int_funnel_progress') }}

),

times as (

    select * from {{ ref('int_funnel_times') }}

),

counted as (

    select
        breakdown,
        segment,
        segment_value,
        funnel,
        step,
        cast(sum(users) as bigint) as users,
        sum(case when time_bin >= 0 then total_microseconds end) as total_microseconds
    from times
    group by
        breakdown,
        segment,
        segment_value,
        funnel,
        step

),

middle_bins as (

    {{ middle_bins('times', key, 'users') }}

),

step_bins as (

    select
        funnel,
        step,
        min(first_bin) as first_bin,
        max(last_bin) as last_bin
    from middle_bins
    group by
        funnel,
        step

),

-- few of all users, for whom the segments are looked up
middle_steps as (

    select
        progress.user_id,
        progress.funnel,
        progress.step,
        {{ time_bin('progress.microseconds_from_previous') }} as time_bin,
        progress.microseconds_from_previous as microseconds
    from progress
    inner join step_bins
        on
            progress.funnel = step_bins.funnel
            and progress.step = step_bins.step
            and {{ in_middle_bins(time_bin('progress.microseconds_from_previous'), 'step_bins') }}

),

broken_down as (

    {{ broken_down(
        'middle_steps', ref('int_user_segments'), ['funnel', 'step', 'time_bin', 'microseconds']
    ) }}

),

middle_times as (

    select
        broken_down.breakdown,
        broken_down.segment,
        broken_down.segment_value,
        broken_down.funnel,
        broken_down.step,
        broken_down.microseconds,
        middle_bins.values_before,
        middle_bins.all_values
    from broken_down
    inner join middle_bins
        on
            {{ same_breakdown('broken_down', 'middle_bins') }}
            and broken_down.funnel = middle_bins.funnel
            and broken_down.step = middle_bins.step
            and {{ in_middle_bins('broken_down.time_bin', 'middle_bins') }}

),

medians as (

    {{ medians_of_bins('middle_times', key, 'microseconds') }}

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
        medians.median_microseconds,
        counted.total_microseconds
    from funnel_steps
    cross join {{ ref('int_breakdowns') }} as breakdowns
    left join counted
        on
            {{ same_breakdown('breakdowns', 'counted') }}
            and funnel_steps.funnel = counted.funnel
            and funnel_steps.step = counted.step
    left join medians
        on
            {{ same_breakdown('breakdowns', 'medians') }}
            and funnel_steps.funnel = medians.funnel
            and funnel_steps.step = medians.step

)
{%- else -%}
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

)
{%- endif %}

select
    breakdown,
    segment,
    segment_value,
    funnel,
    step,
    step_name,
    users,
    median_microseconds,
    total_microseconds
from dense
