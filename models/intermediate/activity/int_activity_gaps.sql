{% set key = ['breakdown', 'segment', 'segment_value', 'activity_date', 'next_activity_date'] -%}
{{ config(**counted_summary(key)) }}
{% if not execute -%}
-- depends_on: {{ ref('int_user_day_changes') }}
-- depends_on: {{ ref('int_user_segment_changes') }}
{% endif -%}
{% set going_on = goes_on() -%}
{% set columns = ['previous_activity_date', 'activity_date', 'next_activity_date'] -%}
{% set weight = 'weight' if going_on else '1' -%}
with user_days as (

    {% if going_on -%}
    select
        user_id,
        previous_activity_date,
        activity_date,
        next_activity_date,
        1 as weight
    from {{ ref('int_user_day_changes') }}
    union all
    -- as the build before has counted them
    select
        user_id,
        kept_previous_date as previous_activity_date,
        activity_date,
        kept_next_date as next_activity_date,
        -1 as weight
    from {{ ref('int_user_day_changes') }}
    where was_kept
    {%- else -%}
    select * from {{ ref('int_user_days') }}
    {%- endif %}

),

user_segments as (

    {{ counted_segments(going_on) }}

),

broken_down_days as (

    {{ broken_down(
        'user_days',
        'user_segments',
        columns + ['weight'] if going_on else columns,
        weighted=going_on
    ) }}

),

-- a date after all others in place of none, so that a row can be found by it
counted as (

    select
        breakdown,
        segment,
        segment_value,
        activity_date,
        coalesce(next_activity_date, cast('infinity' as date)) as next_activity_date,
        sum({{ weight }}) as users,
        sum(case when previous_activity_date is null then {{ weight }} else 0 end) as first_users
    from broken_down_days
    group by
        breakdown,
        segment,
        segment_value,
        activity_date,
        coalesce(next_activity_date, cast('infinity' as date))

),

brought_up_to_date as (

    {{ brought_up_to_date(key, ['users', 'first_users'], going_on) }}

)

select
    breakdown,
    segment,
    segment_value,
    activity_date,
    next_activity_date,
    cast(users as bigint) as users,
    cast(first_users as bigint) as first_users
from brought_up_to_date
