{{ config(**rollup_step()) }}
{% if not execute -%}
-- depends_on: {{ ref('int_user_segment_changes') }}
{% endif -%}
{% set kept = kept_rollup('int_user_days') -%}
with activity as (

    select * from {{ ref('int_activity') }}

),

due_days as (

    select distinct
        user_id,
        activity_date
    from activity

),

{% if kept -%}
new_days as (

    select
        due_days.user_id,
        due_days.activity_date
    from due_days
    left join {{ kept }} as kept
        on
            due_days.user_id = kept.user_id
            and due_days.activity_date = kept.activity_date
    where kept.user_id is null

),

first_new_days as (

    select
        user_id,
        min(activity_date) as activity_date
    from new_days
    group by user_id

),

-- all dates of users who move, since they are counted under another value from now on
first_dates as (

    select
        user_id,
        activity_date
    from first_new_days
    union all
    select
        user_id,
        cast('-infinity' as date) as activity_date
    from {{ ref('int_user_segment_changes') }}
    where segment_value <> kept_value

),

users as (

    select
        user_id,
        min(activity_date) as activity_date
    from first_dates
    group by user_id

),

-- from the last date before the new ones on, which get other dates beside them
kept_days as (

    select
        kept.user_id,
        kept.activity_date,
        kept.previous_activity_date,
        kept.next_activity_date
    from {{ kept }} as kept
    inner join users
        on kept.user_id = users.user_id
    where
        kept.next_activity_date is null
        or kept.next_activity_date > users.activity_date

),

joined_days as (

    select
        user_id,
        activity_date,
        false as was_kept,
        cast(null as date) as previous_activity_date,
        cast(null as date) as next_activity_date
    from new_days
    union all
    select
        user_id,
        activity_date,
        true as was_kept,
        previous_activity_date,
        next_activity_date
    from kept_days

),

followed as (

    select
        user_id,
        activity_date,
        coalesce(
            lag(activity_date) over (partition by user_id order by activity_date),
            previous_activity_date
        ) as previous_activity_date,
        lead(activity_date) over (partition by user_id order by activity_date)
            as next_activity_date,
        was_kept,
        previous_activity_date as kept_previous_date,
        next_activity_date as kept_next_date
    from joined_days

)
{%- else -%}
followed as (

    select
        user_id,
        activity_date,
        lag(activity_date) over (partition by user_id order by activity_date)
            as previous_activity_date,
        lead(activity_date) over (partition by user_id order by activity_date)
            as next_activity_date,
        false as was_kept,
        cast(null as date) as kept_previous_date,
        cast(null as date) as kept_next_date
    from due_days

)
{%- endif %}

select
    user_id,
    activity_date,
    previous_activity_date,
    next_activity_date,
    was_kept,
    kept_previous_date,
    kept_next_date
from followed
