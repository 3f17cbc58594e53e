{% set key = ['breakdown', 'segment', 'segment_value', 'funnel', 'step', 'time_bin'] -%}
{% set counts = ['users', 'total_microseconds'] -%}
{{ config(**counted_summary(key)) }}
{% if not execute -%}
-- depends_on: {{ ref('int_user_segment_changes') }}
{% if rollups_are_kept() -%}
-- depends_on: {{ ref('int_funnel_progress_before') }}
-- depends_on: {{ ref('int_due_funnel_users') }}
{% endif -%}
{% endif -%}
{% set going_on = goes_on() -%}
{% set columns = ['funnel', 'step', 'time_bin', 'microseconds', 'weight'] -%}
with
{% if going_on -%}
touched as (

    {{ touched_funnel_users() }}

),

-- of users of whom something may change, as it is and as it was
progress as (

    select
        progress.user_id,
        progress.funnel,
        progress.step,
        progress.microseconds_from_previous,
        1 as weight
    from {{ ref('int_funnel_progress') }} as progress
    inner join touched
        on progress.user_id = touched.user_id
    union all
    select
        user_id,
        funnel,
        step,
        microseconds_from_previous,
        -1 as weight
    from {{ ref('int_funnel_progress_before') }}

),
{%- else -%}
progress as (

    select
        user_id,
        funnel,
        step,
        microseconds_from_previous,
        1 as weight
    from {{ ref('int_funnel_progress') }}

),
{%- endif %}

-- where there is no time, at step 1, the bin has a number all the same, as keys are compared
binned as (

    select
        user_id,
        funnel,
        step,
        coalesce({{ time_bin('microseconds_from_previous') }}, -1) as time_bin,
        coalesce(microseconds_from_previous, 0) as microseconds,
        weight
    from progress

),

user_segments as (

    {{ counted_segments(going_on) }}

),

broken_down as (

    {{ broken_down('binned', 'user_segments', columns, weighted=going_on) }}

),

counted as (

    select
        breakdown,
        segment,
        segment_value,
        funnel,
        step,
        time_bin,
        sum(weight) as users,
        sum(weight * microseconds) as total_microseconds
    from broken_down
    group by
        breakdown,
        segment,
        segment_value,
        funnel,
        step,
        time_bin

),

brought_up_to_date as (

    {{ brought_up_to_date(key, counts, going_on) }}

)

select
    breakdown,
    segment,
    segment_value,
    funnel,
    step,
    time_bin,
    cast(users as bigint) as users,
    cast(total_microseconds as decimal(38, 0)) as total_microseconds
from brought_up_to_date
