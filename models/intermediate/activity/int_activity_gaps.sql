{{ config(**counted_summary(
    ['breakdown', 'segment', 'segment_value', 'activity_date', 'next_activity_date']
)) }}
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

    {% if going_on -%}
    {{ weighted_segments() }}
    {%- else -%}
    select * from {{ ref('int_user_segments') }}
    {%- endif %}

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

{% if going_on -%}
brought_up_to_date as (

    select
        counted.breakdown,
        counted.segment,
        counted.segment_value,
        counted.activity_date,
        counted.next_activity_date,
        counted.users + coalesce(kept.users, 0) as users,
        counted.first_users + coalesce(kept.first_users, 0) as first_users
    from counted
    left join {{ this }} as kept
        on
            {{ same_breakdown('counted', 'kept') }}
            and counted.activity_date = kept.activity_date
            and counted.next_activity_date = kept.next_activity_date
    where
        counted.users <> 0
        or counted.first_users <> 0

)
{%- else -%}
brought_up_to_date as (

    select * from counted

)
{%- endif %}

select
    breakdown,
    segment,
    segment_value,
    activity_date,
    next_activity_date,
    cast(users as bigint) as users,
    cast(first_users as bigint) as first_users
from brought_up_to_date
